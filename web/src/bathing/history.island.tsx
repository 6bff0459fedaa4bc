import { Doubted } from '../charts/doubted.tsx'
import { Plot } from '../charts/plot.tsx'
import { path, round_ticks, runs } from '../charts/scale.ts'
import { react_island } from '../islands/react.tsx'
import { civil, decimals_of, Format, unit_symbol } from '../words/format.ts'
import type { Words } from '../words/words.ts'
import { hour_ticks, value_ticks } from './curve.island.tsx'

export interface HistoryRow {
    time: string
    value: number
    /// Of an hour, a day or a month.
    low?: number
    high?: number
    usable?: boolean
}

/// As the page has it: seconds since `from`, the value, and then of an hour, a day or a month its lowest and highest, of a
/// doubted reading 0.
export type PackedRow = [at: number, value: number] | [at: number, value: number, doubted: 0] | [at: number, value: number, low: number, high: number]

export function unpacked(rows: PackedRow[], from: string): HistoryRow[] {
    return rows.map(([at, value, low, high]) => ({
        time: new Date(Date.parse(from) + at * 1000).toISOString(),
        value,
        ...(high !== undefined ? { low: low!, high } : low === 0 ? { usable: false } : {}),
    }))
}

/// One property over any span: every reading, or the mean of each hour, day or month within its lowest and highest.
export interface HistoryProps {
    unit: string
    resolution: 'raw' | 'hour' | 'day' | 'month'
    from: string
    to: string
    interval_seconds: number
    rows: HistoryRow[]
}

const hour = 3_600_000
const day = 24 * hour
const step_length = { raw: 0, hour, day: 25 * hour, month: 31 * day }

/// Hours of a few days, days of some weeks, months of a year, years beyond: at most five names, so that they fit on a phone.
export function time_ticks(from: number, to: number, format: Format) {
    if (to - from <= 3 * day) return hour_ticks(from, to, format)
    const midnights: number[] = []
    for (let t = Math.ceil(from / hour) * hour; t <= to; t += hour) {
        if (civil(t).hour !== 0) continue
        midnights.push(t)
        t += 22 * hour // no day has fewer than 23
    }
    const firsts = midnights.filter((t) => civil(t).day === 1)
    const years = firsts.filter((t) => civil(t).month === 1)
    const [chosen, name] =
        to - from <= 75 * day
            ? [midnights, (t: number) => `${civil(t).day}${format.words.language === 'en' ? '' : '.'} ${format.words.lookup(`month_short.${civil(t).month}`)}`]
            : years.length < 3
              ? [firsts, (t: number) => format.words.lookup(`month_short.${civil(t).month}`)]
              : [years, (t: number) => String(civil(t).year)]
    const every = Math.ceil(chosen.length / 5)
    return chosen.filter((_, i) => i % every === 0).map((t) => ({ at: t, text: name(t) }))
}

function when(t: number, resolution: HistoryProps['resolution'], format: Format): string {
    if (resolution === 'month') return `${format.month(civil(t).month)} ${civil(t).year}`
    return resolution === 'day' ? format.date(t) : format.date_and_time(t)
}

export function History({ unit, resolution, rows, words, ...props }: HistoryProps & { words: Words }) {
    const format = new Format(words)
    const { say } = words
    const time = (row: HistoryRow) => Date.parse(row.time)
    if (rows.length === 0) return <p className="bp-quiet">{say('chart.none')}</p>

    const from = Date.parse(props.from)
    const to = Math.max(Date.parse(props.to), time(rows[rows.length - 1]!))
    const banded = resolution !== 'raw'
    const ticks = banded
        ? round_ticks(Math.min(...rows.map((row) => row.low ?? row.value)), Math.max(...rows.map((row) => row.high ?? row.value)))
        : value_ticks(rows)
    const [low, high] = [ticks[0]!, ticks[ticks.length - 1]!]
    const within = (value: number) => Math.min(high, Math.max(low, value))
    const step_decimals = ticks.some((tick) => !Number.isInteger(tick)) ? 1 : 0
    const quantity = (value: number) => format.quantity(value, decimals_of(unit), unit)
    const good = rows.filter((row) => row.usable !== false)
    const parts = runs(good, time, banded ? 1.5 * step_length[resolution] : 2 * props.interval_seconds * 1000)
    const points = rows.map((row) => {
        const told = { time: when(time(row), resolution, format), value: quantity(row.value) }
        const text =
            row.usable === false
                ? say('chart.point_doubted', told)
                : banded
                  ? say('chart.point_band', { ...told, low: quantity(row.low ?? row.value), high: quantity(row.high ?? row.value) })
                  : say('chart.point', told)
        return { x: time(row), y: within(row.value), text }
    })

    return (
        <Plot
            label={`${say('chart.read')}. ${say('chart.help')}`}
            x={[from, to]}
            y={[low, high]}
            x_ticks={time_ticks(from, to, format)}
            y_ticks={ticks.map((at, i) => ({ at, text: format.number(at, step_decimals) + (i === ticks.length - 1 && unit_symbol(unit) === '°C' ? '°' : '') }))}
            points={points}
        >
            {(x, y) => (
                <>
                    {banded &&
                        parts.map((run) => (
                            <path
                                key={run[0]!.time}
                                className="bp-plot-band"
                                d={
                                    path([
                                        ...run.map((row) => [x(time(row)), y(row.high ?? row.value)] as const),
                                        ...[...run].reverse().map((row) => [x(time(row)), y(row.low ?? row.value)] as const),
                                    ]) + 'Z'
                                }
                            />
                        ))}
                    {parts.map((run) => (
                        <path key={run[0]!.time} className="bp-plot-line" d={path(run.map((row) => [x(time(row)), y(row.value)]))} />
                    ))}
                    {parts.filter((run) => run.length === 1).map(([only]) => (
                        <circle key={only!.time} className="bp-plot-dot" cx={x(time(only!))} cy={y(only!.value)} r={3} />
                    ))}
                    {rows.filter((row) => row.usable === false).map((row) => (
                        <Doubted key={row.time} x={x(time(row))} y={y} value={row.value} low={low} high={high} text={format.number(row.value, decimals_of(unit))} />
                    ))}
                </>
            )}
        </Plot>
    )
}

type PackedProps = Omit<HistoryProps, 'rows'> & { rows: PackedRow[] }

export const mount = react_island<PackedProps>(({ rows, ...props }) => <History {...props} rows={unpacked(rows, props.from)} />)
