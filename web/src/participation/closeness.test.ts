import { describe, expect, it } from 'vitest'
import { closest } from './closeness.tsx'
import type { Closeness } from './counting/distance.ts'
import type { Change } from './counting/smallest.ts'
import type { CountResult } from './counting/result.ts'

const found = (amount: number): Change => ({ amount, smallest: true, enough: true })
const at_most = (amount: number): Change => ({ amount, smallest: false, enough: true })
const more_than = (amount: number): Change => ({ amount, smallest: false, enough: false })

const none_won = { winners: [] as number[] } as CountResult
const losers = (...changes: (Change | undefined)[]) => new Map<number, Closeness>(changes.map((singleton_add, project) => [project, { singleton_add }]))

describe('the closest of those that did not win', () => {
    it('is told as certain only where no other can be closer', () => {
        expect(closest(none_won, losers(found(5), found(3), undefined)).nearest).toEqual({ project: 1, change: found(3), sure: true })
        expect(closest(none_won, losers(more_than(3), at_most(4))).nearest).toEqual({ project: 1, change: at_most(4), sure: true })
        expect(closest(none_won, losers(more_than(2), found(4))).nearest).toMatchObject({ project: 1, sure: false })
        expect(closest(none_won, losers(at_most(9), found(4))).nearest).toMatchObject({ project: 1, sure: false })
        expect(closest(none_won, losers(more_than(9))).nearest).toBeUndefined()
    })
    it('is looked for beside the weakest of those that won', () => {
        const result = { winners: [0, 1] } as CountResult
        const known = new Map<number, Closeness>([[0, { margin: at_most(2) }], [1, { margin: found(7) }], [2, { singleton_add: found(1) }]])
        expect(closest(result, known)).toEqual({ nearest: { project: 2, change: found(1), sure: true }, weakest: { project: 0, change: at_most(2), sure: true } })
    })
})
