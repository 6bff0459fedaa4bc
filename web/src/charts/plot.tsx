import { type KeyboardEvent, type PointerEvent, type ReactNode, useLayoutEffect, useRef, useState } from 'react'
import { linear, type Scale } from './scale.ts'

export interface PlotPoint {
    x: number
    y: number | null
    /// What is read out: "kl. 14.00: 19,4 °C".
    text: string
}

export interface PlotProps {
    /// For screen readers: what the curve is, and how it is read.
    label: string
    x: readonly [number, number]
    y: readonly [number, number]
    x_ticks: { at: number; text: string; strong?: boolean }[]
    y_ticks: { at: number; text: string }[]
    points: PlotPoint[]
    children: (x: Scale, y: Scale, height: number) => ReactNode
}

const margin = { top: 12, right: 12, bottom: 28, left: 40 }

function useWidth(): [React.RefObject<HTMLDivElement | null>, number] {
    const box = useRef<HTMLDivElement>(null)
    const [width, set_width] = useState(640)
    useLayoutEffect(() => {
        const element = box.current
        if (!element) return
        const measure = () => set_width(element.clientWidth || 640)
        measure()
        const observer = new ResizeObserver(measure)
        observer.observe(element)
        return () => observer.disconnect()
    }, [])
    return [box, width]
}

/// Axes, and one way to read every chart: with the pointer, a finger, or the arrow keys, point by point, as text that is also
/// spoken.
export function Plot({ label, x, y, x_ticks, y_ticks, points, children }: PlotProps) {
    const [box, width] = useWidth()
    // Which moment is read, and not which point: while it is read, new points come and the oldest go.
    const [moment, set_moment] = useState<number | null>(null)
    const height = Math.round(Math.min(320, Math.max(200, width * 0.42)))
    const across = linear(x, [margin.left, width - margin.right])
    const up = linear(y, [height - margin.bottom, margin.top])
    const nearest = (place: (x: number) => number, wanted: number) =>
        points.reduce((best, { x }, i) => (Math.abs(place(x) - wanted) < Math.abs(place(points[best]!.x) - wanted) ? i : best), 0)
    const at = moment === null || points.length === 0 ? null : nearest((x) => x, moment)
    const chosen = at === null ? undefined : points[at]

    const move = (event: KeyboardEvent) => {
        const last = points.length - 1
        const from = at ?? last
        const steps: Record<string, number> = {
            ArrowLeft: from - 1,
            ArrowRight: from + 1,
            PageUp: from - 6,
            PageDown: from + 6,
            Home: 0,
            End: last,
        }
        const to = event.key === 'Escape' ? null : steps[event.key]
        if (to === undefined) return
        event.preventDefault()
        set_moment(to === null ? null : (points[Math.min(last, Math.max(0, to))]?.x ?? null))
    }
    const point_at = (event: PointerEvent<SVGSVGElement>) => {
        const px = event.clientX - event.currentTarget.getBoundingClientRect().left
        set_moment(points[nearest(across, px)]?.x ?? null)
    }

    return (
        <div
            ref={box}
            className="bp-plot"
            role="slider"
            tabIndex={0}
            aria-label={label}
            aria-valuemin={0}
            aria-valuemax={points.length - 1}
            aria-valuenow={at ?? points.length - 1}
            aria-valuetext={(chosen ?? points[points.length - 1])?.text ?? ''}
            onKeyDown={move}
            onBlur={() => set_moment(null)}
        >
            <svg width={width} height={height} aria-hidden="true" onPointerMove={point_at} onPointerDown={point_at} onPointerLeave={() => set_moment(null)}>
                {y_ticks.map((tick) => (
                    <g key={tick.at} className="bp-plot-tick">
                        <line x1={margin.left} x2={width - margin.right} y1={up(tick.at)} y2={up(tick.at)} />
                        <text x={margin.left - 8} y={up(tick.at)} dy="0.32em" textAnchor="end">
                            {tick.text}
                        </text>
                    </g>
                ))}
                {children(across, up, height - margin.bottom)}
                {x_ticks.map((tick) => (
                    // The last one ends where the picture does.
                    <text
                        key={tick.at}
                        className="bp-plot-time"
                        data-strong={tick.strong || undefined}
                        x={across(tick.at) > width - 24 ? width : across(tick.at)}
                        y={height - 8}
                        textAnchor={across(tick.at) > width - 24 ? 'end' : 'middle'}
                    >
                        {tick.text}
                    </text>
                ))}
                {chosen && (
                    <g className="bp-plot-cursor">
                        <line x1={across(chosen.x)} x2={across(chosen.x)} y1={margin.top} y2={height - margin.bottom} />
                        {chosen.y !== null && <circle cx={across(chosen.x)} cy={up(chosen.y)} r={5} />}
                    </g>
                )}
            </svg>
            <p className="bp-plot-reading" aria-hidden="true">
                {chosen?.text ?? '\u00A0'}
            </p>
        </div>
    )
}
