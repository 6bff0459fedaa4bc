import { describe, expect, it, vi } from 'vitest'
import { Distances, type HowClose, nothing_known } from './distances.ts'
import { type Session, Stopped } from './session.ts'

/// A session whose answers are given by hand, in order.
function by_hand() {
    const asked: { project: number; give: () => void; fail: (why: Error) => void }[] = []
    const closeness = (project: number) =>
        new Promise((give, fail) => asked.push({ project, give: () => give({ ok: true, value: { instead: [project] } }), fail }))
    const stop = () => asked.at(-1)!.fail(new Stopped())
    let shown: HowClose = nothing_known
    const distances = new Distances({ closeness, stop } as unknown as Session, (state) => (shown = state))
    return { asked, distances, shown: () => shown }
}

describe('how close each project was', () => {
    it('is asked for one by one, those wanted last first, none of them twice', async () => {
        const { asked, distances, shown } = by_hand()
        distances.ask([0, 1, 2])
        distances.ask([2, 0])
        for (const project of [0, 2, 1]) {
            await vi.waitFor(() => expect(asked.at(-1)!.project).toBe(project))
            asked.at(-1)!.give()
        }
        await vi.waitFor(() => expect(shown().running).toBeUndefined())
        expect([...shown().known.keys()]).toEqual([0, 2, 1])
        expect(asked.length).toBe(3)
    })
    it('can be given up, and asked for again', async () => {
        const { asked, distances, shown } = by_hand()
        distances.ask([0, 1])
        distances.stop()
        await vi.waitFor(() => expect(shown().running).toBeUndefined())
        expect(shown()).toMatchObject({ waiting: [], known: new Map() })
        distances.ask([1])
        await vi.waitFor(() => expect(asked.at(-1)!.project).toBe(1))
        asked.at(-1)!.give()
        await vi.waitFor(() => expect([...shown().known.keys()]).toEqual([1]))
    })
    it('is no longer shown of a count that is another now', async () => {
        const { asked, distances, shown } = by_hand()
        distances.ask([0, 1])
        distances.give_up()
        const before = shown()
        asked[0]!.give()
        await new Promise((turn) => setImmediate(turn))
        expect(shown()).toBe(before)
        expect(asked.length).toBe(1)
    })
})
