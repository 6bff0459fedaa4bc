/// Where the name of a line stands so that it is beside its own line and lies on none.

export type Point = readonly [number, number]
export interface Box {
    left: number
    top: number
    right: number
    bottom: number
}

function crosses([ax, ay]: Point, [bx, by]: Point, box: Box): boolean {
    const [left, right] = [Math.min(ax, bx), Math.max(ax, bx)]
    if (right < box.left || left > box.right) return false
    const y = (x: number) => ay + ((by - ay) * (x - ax)) / (bx - ax)
    const [one, other] = ax === bx ? [ay, by] : [y(Math.max(left, box.left)), y(Math.min(right, box.right))]
    return Math.max(one, other) >= box.top && Math.min(one, other) <= box.bottom
}

const overlap = (a: Box, b: Box) => a.left < b.right && b.left < a.right && a.top < b.bottom && b.top < a.bottom

/// The box of a name of this size that lies nearest above or below `own`, on no line and no other name, within `stage`. Of
/// spots as near, the one nearest to the start or the end of its line. Nothing when there is no room.
export function room_for_name(own: Point[], size: { width: number; height: number }, lines: Point[][], names: Box[], stage: Box, from: 'start' | 'end'): Box | undefined {
    const points = from === 'start' ? own : [...own].reverse()
    for (const away of [8, 14, 22, 32, 44, 60]) {
        for (const [x, y] of points) {
            for (const top of [y - away - size.height, y + away]) {
                const left = Math.min(Math.max(x - size.width / 2, stage.left), stage.right - size.width)
                const box = { left, top, right: left + size.width, bottom: top + size.height }
                const within = box.left >= stage.left && box.top >= stage.top && box.bottom <= stage.bottom
                const free = () => !names.some((name) => overlap(box, name)) && !lines.some((line) => line.some((point, i) => i > 0 && crosses(line[i - 1]!, point, box)))
                if (within && free()) return box
            }
        }
    }
    return undefined
}

/// About how wide a chart's text is, in pixels: an average letter of Inter at 13 px, with some air.
export const name_size = (text: string) => ({ width: text.length * 7.4 + 4, height: 16 })
