import { decimals_of, Format } from '../words/format.ts'
import type { Words } from '../words/words.ts'

/// A number as a symbol of the map shows it, as the server writes it: warmth without the letter of its scale.
export function symbol_text({ value, unit }: { value: number; unit: string }, words: Words): string {
    const format = new Format(words)
    return unit === 'Cel' ? `${format.number(value, decimals_of(unit))}°` : format.quantity(value, decimals_of(unit), unit)
}

/// Where labels stand beside their points so that they cover one another, and the map's edge cuts them, as little as possible.

export interface Label {
    /// The point on the map's picture.
    x: number
    y: number
    width: number
    height: number
}
export type Offset = [number, number]

interface Box {
    left: number
    top: number
    right: number
    bottom: number
}

/// Above the point, below it, right of it, left of it, then at its corners, then one more away: how far the label moves from where
/// it stands above the point.
function offsets({ width, height }: Label): Offset[] {
    return [
        [0, 0],
        [0, height],
        [width / 2, height / 2],
        [-width / 2, height / 2],
        [width / 2, 0],
        [-width / 2, 0],
        [width / 2, height],
        [-width / 2, height],
        [0, -height],
        [0, 2 * height],
        [width, height / 2],
        [-width, height / 2],
    ]
}

function box_of({ x, y, width, height }: Label, [right, down]: Offset): Box {
    return { left: x - width / 2 + right, right: x + width / 2 + right, top: y - height + down, bottom: y + down }
}

function shared(a: Box, b: Box): number {
    return Math.max(0, Math.min(a.right, b.right) - Math.max(a.left, b.left)) * Math.max(0, Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top))
}

function cut_off(box: Box, width: number, height: number): number {
    return (box.right - box.left) * (box.bottom - box.top) - shared(box, { left: 0, top: 0, right: width, bottom: height })
}

/// One after another, each at the first of its spots that is worst by least.
export function place_labels(labels: Label[], width: number, height: number): Offset[] {
    const placed: Box[] = []
    return labels.map((label) => {
        let best: { offset: Offset; box: Box; cost: number } | undefined
        for (const offset of offsets(label)) {
            const box = box_of(label, offset)
            const cost = placed.reduce((sum, other) => sum + shared(box, other), cut_off(box, width, height))
            if (!best || cost < best.cost) best = { offset, box, cost }
        }
        placed.push(best!.box)
        return best!.offset
    })
}
