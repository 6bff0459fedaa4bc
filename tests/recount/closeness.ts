/// What two searches say of the same smallest change. They need not end with the same certainty, but must not contradict each other.
import { strict as assert } from 'node:assert'

/// As docs/formats/count-result.schema.json has it; missing: certainly none.
type Told = { amount: number | string; smallest: boolean } | { more_than: number | string } | undefined

/// Between which the smallest change lies.
function bounds(told: Told): [number, number] {
    if (!told) return [Infinity, Infinity]
    if ('more_than' in told) return [Number(told.more_than) + 0.001, Infinity]
    return told.smallest ? [Number(told.amount), Number(told.amount)] : [0.001, Number(told.amount)]
}

/// How often the two said the same to the letter or the program, which may look longer, was surer; and how often neither.
export interface Tally {
    same: number
    other: number
}

export function agree(ours: any, theirs: any, tally: Tally): void {
    assert.deepEqual(ours.not_applicable, theirs.not_applicable)
    for (const list of ['losers', 'margins']) {
        assert.deepEqual(ours[list].map(({ project }: any) => project), theirs[list].map(({ project }: any) => project), list)
        ours[list].forEach((own: any, at: number) => {
            const told = theirs[list][at]
            for (const measure of new Set([...Object.keys(own), ...Object.keys(told)])) {
                const [a, b] = [own[measure], told[measure]]
                const same = JSON.stringify(a) === JSON.stringify(b)
                if (same) {
                    tally.same += 1
                    continue
                }
                const what = `${list}, ${own.project}, ${measure}: ${JSON.stringify(a)} is not ${JSON.stringify(b)}`
                if (measure === 'instead') {
                    tally.other += 1
                    assert.notDeepEqual(own.margin, told.margin, what)
                    continue
                }
                const [[low, high], [least, most]] = [bounds(a), bounds(b)]
                assert.ok(low <= most && least <= high, what)
                tally[low <= least && most <= high ? 'same' : 'other'] += 1
            }
        })
    }
}
