import { describe, expect, it } from 'vitest'
import { SeededRandom } from './random.ts'

describe('the generator', () => {
    // The C++ standard, [rand.predef]: the 10 000th number of a default mt19937_64, whose seed is 5489.
    it('is MT19937-64', () => {
        const random = new SeededRandom(5489n)
        for (let i = 1; i < 10_000; ++i) random.next()
        expect(random.next()).toBe(9981545732273789042n)
    })
    it('stays below its bound, and reaches all of it', () => {
        const random = new SeededRandom(1000n)
        const drawn = new Set(Array.from({ length: 400 }, () => random.below(7)))
        expect([...drawn].sort()).toEqual([0, 1, 2, 3, 4, 5, 6])
    })
})
