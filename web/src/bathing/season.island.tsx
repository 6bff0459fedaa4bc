import { useEffect, useState } from 'react'
import type { components } from '../api/schema.ts'
import { Plot } from '../charts/plot.tsx'
import { name_size, room_for_name } from '../charts/names.ts'
import { path, round_ticks } from '../charts/scale.ts'
import { react_island } from '../islands/react.tsx'
import { decimals_of, Format } from '../words/format.ts'
import type { Words } from '../words/words.ts'

type Season = components['schemas']['Season']
type Day = Season['days'][number]

/// This season's daily means against the band of earlier years. The days come with the page, or are fetched when the chart
/// comes near: `days` or `src` must be there.
export interface SeasonProps {
    unit: string
    /// What the chart is called for who hears it.
    name?: string
    days?: Day[]
    /// "/api/v1/places/landfalltjern/season?property=water_temperature"
    src?: string
}

const noon = (day: Day) => Date.parse(`${day.date}T10:00:00Z`)

/// Days that follow on each other and have a value.
export function unbroken(days: Day[], has: (day: Day) => boolean): Day[][] {
    const all: Day[][] = []
    let open = false
    for (const day of days) {
        if (!has(day)) open = false
        else if (open) all[all.length - 1]!.push(day)
        else {
            all.push([day])
            open = true
        }
    }
    return all
}

function month_ticks(days: Day[], format: Format) {
    const firsts = days.filter((day) => day.date.endsWith('-01'))
    const every = Math.ceil(firsts.length / 5)
    return firsts
        .filter((_, i) => i % every === 0)
        .map((day) => ({ at: noon(day), text: format.words.lookup(`month_short.${Number(day.date.slice(5, 7))}`) }))
}

export function SeasonCurve({ unit, name, days, words }: SeasonProps & { days: Day[]; words: Words }) {
    const format = new Format(words)
    const { say } = words
    const values = days.flatMap((day) => [day.mean, day.earlier_min, day.earlier_max].filter((value) => value !== null))
    if (values.length === 0) return <p className="bp-quiet">{say('chart.none')}</p>

    const ticks = round_ticks(Math.min(...values), Math.max(...values))
    const decimals = decimals_of(unit)
    const step_decimals = ticks.some((tick) => !Number.isInteger(tick)) ? 1 : 0
    const quantity = (value: number) => format.quantity(value, decimals, unit)
    const points = days.map((day) => {
        const date = format.day_and_month(noon(day))
        const value = day.mean === null ? say('chart.season_none') : quantity(day.mean)
        const text =
            day.earlier_min === null || day.earlier_max === null
                ? say('chart.season_point', { day: date, value })
                : day.earlier_min === day.earlier_max
                  ? say('chart.season_point_earlier', { day: date, value, earlier: quantity(day.earlier_min) })
                  : say('chart.season_point_band', { day: date, value, low: quantity(day.earlier_min), high: quantity(day.earlier_max) })
        return { x: noon(day), y: day.mean, text }
    })
    const bands = unbroken(days, (day) => day.earlier_min !== null && day.earlier_max !== null)
    const lines = unbroken(days, (day) => day.mean !== null)
    const newest = lines[lines.length - 1]?.at(-1)
    const earlier = bands.flat()

    return (
        <Plot
            label={`${name ?? say('chart.read')}. ${say('chart.help')}`}
            x={[noon(days[0]!), noon(days[days.length - 1]!)]}
            y={[ticks[0]!, ticks[ticks.length - 1]!]}
            x_ticks={month_ticks(days, format)}
            y_ticks={ticks.map((at) => ({ at, text: format.number(at, step_decimals) }))}
            points={points}
        >
            {(x, y, bottom) => {
                const along = (run: Day[], value: (day: Day) => number) => run.map((day) => [x(noon(day)), y(value(day))] as const)
                const own_lines = lines.map((run) => along(run, (day) => day.mean!))
                const usual = bands.map((run) => along(run, (day) => day.earlier_mean!))
                const edges = bands.flatMap((run) => [along(run, (day) => day.earlier_max!), along(run, (day) => day.earlier_min!)])
                const all = [...own_lines, ...usual, ...edges]
                const stage = { left: x(x.domain[0]), right: x(x.domain[1]), top: 0, bottom }
                const [this_year, earlier_years] = [say('chart.this_year'), say('chart.earlier')]
                const own_name = room_for_name(own_lines.flat(), name_size(this_year), all, [], stage, 'end')
                const names = own_name ? [own_name] : []
                const earlier_name = room_for_name(along(earlier, (day) => day.earlier_mean!), name_size(earlier_years), all, names, stage, 'start')
                return (
                    <>
                        {bands.map((run) => (
                            <path
                                key={run[0]!.date}
                                className="bp-plot-band"
                                d={
                                    path([
                                        ...run.map((day) => [x(noon(day)), y(day.earlier_max!)] as const),
                                        ...[...run].reverse().map((day) => [x(noon(day)), y(day.earlier_min!)] as const),
                                    ]) + 'Z'
                                }
                            />
                        ))}
                        {/* With one earlier year the band has no height, and its middle is what is seen. */}
                        {bands.map((run) => (
                            <path key={`mean ${run[0]!.date}`} className="bp-plot-usual" d={path(run.map((day) => [x(noon(day)), y(day.earlier_mean!)]))} />
                        ))}
                        {lines.map((run) => (
                            <path key={run[0]!.date} className="bp-plot-line" d={path(run.map((day) => [x(noon(day)), y(day.mean!)]))} />
                        ))}
                        {earlier_name && (
                            <text className="bp-plot-label" x={earlier_name.left + 2} y={earlier_name.bottom - 4}>
                                {earlier_years}
                            </text>
                        )}
                        {own_name && (
                            <text className="bp-plot-label bp-plot-own" x={own_name.left + 2} y={own_name.bottom - 4}>
                                {this_year}
                            </text>
                        )}
                        {newest && <circle className="bp-plot-now" cx={x(noon(newest))} cy={y(newest.mean!)} r={4.5} />}
                    </>
                )
            }}
        </Plot>
    )
}

function SeasonIsland(props: SeasonProps & { words: Words }) {
    const [days, set_days] = useState(props.days)
    const [failed, set_failed] = useState(false)
    useEffect(() => {
        if (days || !props.src) return
        const control = new AbortController()
        fetch(props.src, { signal: control.signal })
            .then((response) => (response.ok ? (response.json() as Promise<Season>) : Promise.reject(response.status)))
            .then((season) => set_days(season.days))
            .catch(() => control.signal.aborted || set_failed(true))
        return () => control.abort()
    }, [days, props.src])
    if (failed) return <p className="bp-quiet">{props.words.say('chart.failed')}</p>
    if (!days) return <div className="bp-skeleton" aria-hidden="true" />
    return <SeasonCurve {...props} days={days} />
}

export const mount = react_island<SeasonProps>(SeasonIsland)
