import { describe, expect, it } from 'vitest'
import { name_size, type Point, room_for_name } from './names.ts'
import { linear, round_ticks, runs } from './scale.ts'
import { nights, sun_height } from './sun.ts'

describe('ticks', () => {
    it('are few, round, evenly spaced and hold the values', () => {
        for (const [low, high] of [[18.1, 19.4], [-3, 21], [0, 0.4], [-12.5, -12.1], [7, 1234]] as const) {
            const ticks = round_ticks(low, high)
            expect(ticks.length).toBeGreaterThan(1)
            expect(ticks.length).toBeLessThanOrEqual(5)
            expect(ticks[0]).toBeLessThanOrEqual(low)
            expect(ticks[ticks.length - 1]).toBeGreaterThanOrEqual(high)
            const step = ticks[1]! - ticks[0]!
            for (let i = 1; i < ticks.length; i += 1) expect(ticks[i]! - ticks[i - 1]!).toBeCloseTo(step, 9)
        }
    })
    it('are found for a value that never changes', () => expect(round_ticks(4, 4)).toContain(4))
})

describe('runs', () => {
    it('leave gaps as gaps', () => {
        expect(runs([0, 1, 2, 9, 10], (t) => t, 2)).toEqual([[0, 1, 2], [9, 10]])
        expect(runs([], (t: number) => t, 2)).toEqual([])
    })
})

describe('scale', () => {
    it('runs from end to end', () => {
        const scale = linear([10, 20], [100, 0])
        expect([scale(10), scale(15), scale(20)]).toEqual([100, 50, 0])
    })
})

describe('the sun over Drammen', () => {
    const [latitude, longitude] = [59.744, 10.204]
    it('stands about 53.7° high at noon of midsummer, and lies below the horizon at midwinter midnight', () => {
        expect(sun_height(Date.parse('2026-06-21T11:21:00Z'), latitude, longitude)).toBeCloseTo(53.7, 0)
        expect(sun_height(Date.parse('2026-12-21T23:00:00Z'), latitude, longitude)).toBeLessThan(-50)
    })
    it('sets at 22.42 and rises at 03.57 around midsummer', () => {
        const [night] = nights(Date.parse('2026-06-21T12:00:00Z'), Date.parse('2026-06-22T12:00:00Z'), latitude, longitude)
        expect(Math.abs(night![0] - Date.parse('2026-06-21T20:43:00Z'))).toBeLessThan(8 * 60_000)
        expect(Math.abs(night![1] - Date.parse('2026-06-22T01:58:00Z'))).toBeLessThan(8 * 60_000)
    })
})

describe('the name of a line', () => {
    const stage = { left: 0, top: 0, right: 300, bottom: 200 }
    const own: Point[] = Array.from({ length: 31 }, (_, i) => [i * 10, 100 + 30 * Math.sin(i / 3)])
    const other: Point[] = own.map(([x, y]) => [x, y - 20])
    const size = name_size('tidligere år')
    it('lies on no line and no other name, and within the picture', () => {
        const first = room_for_name(own, size, [own, other], [], stage, 'end')!
        const second = room_for_name(other, size, [own, other], [first], stage, 'end')!
        for (const box of [first, second]) {
            expect(box.left).toBeGreaterThanOrEqual(0)
            expect(box.right).toBeLessThanOrEqual(300)
            for (const [x, y] of [...own, ...other]) expect(x > box.left && x < box.right && y > box.top && y < box.bottom).toBe(false)
        }
        expect(first.right <= second.left || second.right <= first.left || first.bottom <= second.top || second.bottom <= first.top).toBe(true)
    })
    it('is left out where there is no room', () => {
        expect(room_for_name(own, { width: 400, height: 16 }, [own], [], stage, 'start')).toBeUndefined()
    })
})
