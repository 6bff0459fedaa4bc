/// A straight line from values to pixels.
export interface Scale {
    (value: number): number
    domain: readonly [number, number]
}

export function linear(domain: readonly [number, number], range: readonly [number, number]): Scale {
    const span = domain[1] - domain[0] || 1
    const scale = (value: number) => range[0] + ((value - domain[0]) / span) * (range[1] - range[0])
    return Object.assign(scale, { domain })
}

/// At most `most` round values that lie within or just around [low, high].
export function round_ticks(low: number, high: number, most = 5): number[] {
    const span = Math.max(high - low, 1e-9)
    for (let power = Math.floor(Math.log10(span / most)); ; power += 1) {
        for (const factor of [1, 2, 5]) {
            const step = factor * 10 ** power
            const first = Math.floor(low / step)
            const last = Math.ceil(high / step)
            if (last - first + 1 <= most) {
                return Array.from({ length: last - first + 1 }, (_, i) => Number(((first + i) * step).toPrecision(12)))
            }
        }
    }
}

/// Runs of points with no gap between them: a gap is longer than `longest`.
export function runs<Point>(points: readonly Point[], time: (point: Point) => number, longest: number): Point[][] {
    const all: Point[][] = []
    let before = -Infinity
    for (const point of points) {
        const t = time(point)
        if (t - before > longest) all.push([])
        all[all.length - 1]!.push(point)
        before = t
    }
    return all
}

export function path(points: readonly (readonly [number, number])[]): string {
    return points.map(([x, y], i) => `${i === 0 ? 'M' : 'L'}${x.toFixed(1)} ${y.toFixed(1)}`).join('')
}
