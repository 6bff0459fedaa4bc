import { describe, expect, it } from 'vitest'
import { Dice } from '../../../../tests/recount/random_elections.ts'
import { fewest_voters, type Limits, smallest_change } from './smallest.ts'

const limits: Limits = { most: 40, full_scan: 100, monotone: false, all_there_is: true, spread: 3 }

describe('the smallest change', () => {
    it('is found wherever it is, though more need not be better', () => {
        for (let seed = 1; seed <= 300; ++seed) {
            const dice = new Dice(seed)
            const enough = Array.from({ length: 41 }, (_, amount) => amount > 0 && dice.chance(seed % 3 === 0 ? 3 : 15))
            const first = enough.indexOf(true)
            const found = smallest_change({ ...limits, hint: 1 + dice.below(45) }, (amount) => ({ enough: enough[amount]! }))
            expect(found, `seed ${seed}`).toEqual(first < 0 ? undefined : { amount: first, smallest: true, enough: true })
        }
    })
    it('is not called the smallest where not everything below was tried', () => {
        const wide = { ...limits, most: 10_000 }
        const at = (threshold: number) => (amount: number) => ({ enough: amount >= threshold })
        expect(smallest_change(wide, at(7000))).toEqual({ amount: 7000, smallest: false, enough: true })
        expect(smallest_change({ ...wide, monotone: true }, at(7000))).toEqual({ amount: 7000, smallest: true, enough: true })
        expect(smallest_change(wide, (amount) => ({ enough: amount >= 7000, none_below: true }))).toEqual({ amount: 7000, smallest: true, enough: true })
    })
    it('may not be there, or not be known', () => {
        const never = () => ({ enough: false })
        expect(smallest_change(limits, never)).toBeUndefined()
        expect(smallest_change({ ...limits, all_there_is: false }, never)).toEqual({ amount: 40, smallest: false, enough: false })
        expect(smallest_change({ ...limits, most: 10_000 }, never)).toEqual({ amount: 0, smallest: false, enough: false })
        expect(smallest_change({ ...limits, most: 0 }, never)).toBeUndefined()
    })
})

describe('the fewest voters', () => {
    const groups = [{ g: 3, count: 2 }, { g: 5, count: 1 }, { g: 8, count: 4 }]
    it('are those of the smallest number of whom some are enough', () => {
        const { found, all_tried } = fewest_voters(groups, 7, 1000, (voters) => (voters.get(5) ?? 0) === 1 && (voters.get(8) ?? 0) >= 2)
        expect(found?.many).toBe(3)
        expect([...found!.voters].filter(([, taken]) => taken > 0)).toEqual([[5, 1], [8, 2]])
        expect(all_tried).toBe(2)
    })
    it('are looked for only as far as all can be tried', () => {
        let trials = 0
        const { found, all_tried } = fewest_voters(groups, 7, 8, () => (++trials, false))
        // Three ways to take one, five to take two.
        expect([found, all_tried, trials]).toEqual([undefined, 2, 8])
    })
})
