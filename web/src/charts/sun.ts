/// When the sun is below the horizon, to shade the night. The equations of NOAA's solar calculator (Meeus, Astronomical
/// Algorithms, ch. 25), good to about a minute at our latitudes.
const radians = Math.PI / 180
const day = 86_400_000

/// Degrees above the horizon, seen from a place, at a time in milliseconds since 1970.
export function sun_height(t: number, latitude: number, longitude: number): number {
    const centuries = (t / day + 2440587.5 - 2451545) / 36525
    const mean_longitude = 280.46646 + centuries * (36000.76983 + 0.0003032 * centuries)
    const mean_anomaly = 357.52911 + centuries * (35999.05029 - 0.0001537 * centuries)
    const centre =
        Math.sin(mean_anomaly * radians) * (1.914602 - centuries * 0.004817) +
        Math.sin(2 * mean_anomaly * radians) * 0.019993 +
        Math.sin(3 * mean_anomaly * radians) * 0.000289
    const longitude_of_sun = mean_longitude + centre - 0.00569
    const obliquity = 23.43929 - centuries * 0.0130042
    const declination = Math.asin(Math.sin(obliquity * radians) * Math.sin(longitude_of_sun * radians))
    const right_ascension = Math.atan2(
        Math.cos(obliquity * radians) * Math.sin(longitude_of_sun * radians),
        Math.cos(longitude_of_sun * radians),
    )
    const sidereal = 280.46061837 + 360.98564736629 * (t / day + 2440587.5 - 2451545) + longitude
    const hour_angle = sidereal * radians - right_ascension
    const height = Math.asin(
        Math.sin(latitude * radians) * Math.sin(declination) +
            Math.cos(latitude * radians) * Math.cos(declination) * Math.cos(hour_angle),
    )
    return height / radians
}

/// Spans within [from, to] when the sun is down (its upper edge, with refraction: −0.833°).
export function nights(from: number, to: number, latitude: number, longitude: number): [number, number][] {
    const step = 5 * 60_000
    const spans: [number, number][] = []
    let began: number | undefined
    for (let t = from; t < to + step; t += step) {
        const down = t < to && sun_height(t, latitude, longitude) < -0.833
        if (down && began === undefined) began = t
        if (!down && began !== undefined) {
            spans.push([began, Math.min(t, to)])
            began = undefined
        }
    }
    return spans
}
