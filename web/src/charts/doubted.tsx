/// A reading that looks wrong: hollow where it is; beyond the axis an arrow at its edge with the number, since a dot there
/// would be read as a value of the axis.
export function Doubted({ x, y, value, low, high, text }: { x: number; y: (value: number) => number; value: number; low: number; high: number; text: string }) {
    if (value >= low && value <= high) return <circle className="bp-plot-doubted" cx={x} cy={y(value)} r={4} />
    const down = value < low
    const edge = y(down ? low : high)
    const tip = down ? 8 : -8
    return (
        <g className="bp-plot-beyond">
            <path className="bp-plot-doubted" d={`M${x - 5} ${edge - tip}h10l-5 ${tip}z`} />
            <text x={x} y={down ? edge - 12 : edge + 22} textAnchor="middle">
                {text}
            </text>
        </g>
    )
}
