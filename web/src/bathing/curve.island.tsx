import { useEffect, useState } from 'react'
import type { components } from '../api/schema.ts'
import { Doubted } from '../charts/doubted.tsx'
import { Plot } from '../charts/plot.tsx'
import { path, round_ticks, runs } from '../charts/scale.ts'
import { nights } from '../charts/sun.ts'
import { react_island } from '../islands/react.tsx'
import { condition_event, type LiveCondition } from '../live/live.ts'
import { civil, decimals_of, Format, unit_symbol } from '../words/format.ts'
import type { Words } from '../words/words.ts'

export type Reading = components['schemas']['Reading']

/// The last day or two of one property; new readings arrive while the page is open.
export interface CurveProps {
    place: string
    /// What the chart is called for who hears it.
    name?: string
    property: string
    /// UCUM.
    unit: string
    /// RFC 3339: the span that is shown.
    from: string
    to: string
    /// How often a reading is expected: twice as long without one is a gap.
    interval_seconds: number
    /// Where the sun is looked up; without, no night is shaded.
    latitude?: number
    longitude?: number
    readings: Reading[]
}

const hour = 3_600_000

export function with_new(readings: Reading[], live: LiveCondition, props: Pick<CurveProps, 'place' | 'property'>): Reading[] {
    const { newest, property } = live.condition
    if (live.place !== props.place || property !== props.property || !newest) return readings
    if (readings.some((reading) => reading.time === newest.time)) return readings
    const reading = { time: newest.time, value: newest.value, usable: newest.usable, flags: newest.flags }
    return [...readings, reading].sort((a, b) => Date.parse(a.time) - Date.parse(b.time))
}

/// Every sixth or twelfth hour of the clock on the wall; midnight is named by its day.
export function hour_ticks(from: number, to: number, format: Format) {
    const every = to - from > 30 * hour ? 12 : 6
    const ticks = []
    for (let t = Math.ceil(from / hour) * hour; t <= to; t += hour) {
        const at = civil(t)
        if (at.minute === 0 && at.hour % every === 0) {
            const midnight = at.hour === 0
            ticks.push({ at: t, text: midnight ? format.weekday(t).slice(0, 3) : String(at.hour).padStart(2, '0'), strong: midnight })
        }
    }
    return ticks
}

/// Unusable readings do not stretch the axis: a spike of −50 would flatten the day.
export function value_ticks(readings: Reading[]): number[] {
    const usable = readings.filter((reading) => reading.usable !== false).map((reading) => reading.value)
    const values = usable.length > 0 ? usable : readings.map((reading) => reading.value)
    const middle = (Math.min(...values) + Math.max(...values)) / 2
    const half = Math.max((Math.max(...values) - Math.min(...values)) / 2, 0.5)
    return round_ticks(middle - half, middle + half)
}

export function Curve(props: CurveProps & { words: Words }) {
    const [readings, set_readings] = useState(props.readings)
    useEffect(() => {
        const add = (event: Event) => set_readings((now) => with_new(now, (event as CustomEvent<LiveCondition>).detail, props))
        window.addEventListener(condition_event, add)
        return () => window.removeEventListener(condition_event, add)
    }, [props])

    const format = new Format(props.words)
    const { say } = props.words
    const from = Date.parse(props.from)
    const newest = readings[readings.length - 1]
    const to = Math.max(Date.parse(props.to), newest ? Date.parse(newest.time) : 0)
    if (readings.length === 0) return <p className="bp-quiet">{say('chart.none')}</p>

    const ticks = value_ticks(readings)
    const low = ticks[0]!
    const high = ticks[ticks.length - 1]!
    const decimals = decimals_of(props.unit)
    const step_decimals = ticks.some((tick) => !Number.isInteger(tick)) ? 1 : 0
    const within = (value: number) => Math.min(high, Math.max(low, value))
    const good = readings.filter((reading) => reading.usable !== false)
    const doubted = readings.filter((reading) => reading.usable === false)
    const parts = runs(good, (reading) => Date.parse(reading.time), 2 * props.interval_seconds * 1000)
    const shaded = props.latitude === undefined || props.longitude === undefined ? [] : nights(from, to, props.latitude, props.longitude)
    const points = readings.map((reading) => {
        const t = Date.parse(reading.time)
        const time = `${format.weekday(t)} ${format.time_of_day(t)}`
        const value = format.quantity(reading.value, decimals, props.unit)
        const text = say(reading.usable === false ? 'chart.point_doubted' : 'chart.point', { time, value })
        return { x: t, y: within(reading.value), text }
    })

    return (
        <Plot
            label={`${props.name ?? say('chart.read')}. ${say('chart.help')}`}
            x={[from, to]}
            y={[low, high]}
            x_ticks={hour_ticks(from, to, format)}
            y_ticks={ticks.map((at, i) => ({ at, text: format.number(at, step_decimals) + (i === ticks.length - 1 && unit_symbol(props.unit) === '°C' ? '°' : '') }))}
            points={points}
        >
            {(x, y, bottom) => (
                <>
                    {shaded.map(([begin, end]) => (
                        <g key={begin} className="bp-plot-night">
                            <rect x={x(begin)} width={x(end) - x(begin)} y={12} height={bottom - 12} />
                            {x(end) - x(begin) > 48 && (
                                <text x={(x(begin) + x(end)) / 2} y={26} textAnchor="middle">
                                    {say('chart.night')}
                                </text>
                            )}
                        </g>
                    ))}
                    {parts.map((run) => (
                        <path
                            key={run[0]!.time}
                            className="bp-plot-line"
                            d={path(run.map((reading) => [x(Date.parse(reading.time)), y(reading.value)]))}
                        />
                    ))}
                    {parts.filter((run) => run.length === 1).map(([only]) => (
                        <circle key={only!.time} className="bp-plot-dot" cx={x(Date.parse(only!.time))} cy={y(only!.value)} r={3} />
                    ))}
                    {doubted.map((reading) => (
                        <Doubted key={reading.time} x={x(Date.parse(reading.time))} y={y} value={reading.value} low={low} high={high} text={format.number(reading.value, decimals)} />
                    ))}
                    {good.length > 0 && (
                        <circle
                            className="bp-plot-now"
                            cx={x(Date.parse(good[good.length - 1]!.time))}
                            cy={y(good[good.length - 1]!.value)}
                            r={4.5}
                        />
                    )}
                </>
            )}
        </Plot>
    )
}

/// What the page says: the place and how many hours back; readings may come with it, else they are fetched.
export interface CurveIslandProps {
    slug: string
    name?: string
    property: string
    unit: string
    /// Default 48.
    hours?: number
    latitude?: number
    longitude?: number
}

export function series_address({ slug, property, hours = 48 }: CurveIslandProps, now: number): string {
    const from = new Date(now - hours * hour).toISOString()
    const query = new URLSearchParams({ property, from, to: new Date(now).toISOString() })
    return `/api/v1/places/${encodeURIComponent(slug)}/series?${query}`
}

type Series = components['schemas']['Series']

function Fetched({ words, ...props }: CurveIslandProps & { words: Words }) {
    const [series, set_series] = useState<Series>()
    const [failed, set_failed] = useState(false)
    const [address] = useState(() => series_address(props, Date.now()))
    useEffect(() => {
        const control = new AbortController()
        fetch(address, { signal: control.signal })
            .then((response) => (response.ok ? (response.json() as Promise<Series>) : Promise.reject(response.status)))
            .then(set_series)
            .catch(() => control.signal.aborted || set_failed(true))
        return () => control.abort()
    }, [address])
    if (failed) return <p className="bp-quiet">{words.say('chart.failed')}</p>
    if (!series) return <div className="bp-skeleton" aria-hidden="true" />
    const { from, to, interval_seconds, readings = [] } = series
    return <Curve {...props} place={props.slug} from={from} to={to} interval_seconds={interval_seconds} readings={readings} words={words} />
}

function CurveIsland(props: (CurveProps | CurveIslandProps) & { words: Words }) {
    return 'readings' in props ? <Curve {...props} /> : <Fetched {...props} />
}

export const mount = react_island<CurveProps | CurveIslandProps>(CurveIsland)
