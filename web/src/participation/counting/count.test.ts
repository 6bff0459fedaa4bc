import { describe, expect, it } from 'vitest'
import { count } from './count.ts'
import { BallotBox, type Election } from './election.ts'
import { compare, fraction, plus, to_number, to_text, weighted_sum } from './fraction.ts'
import { format_money, parse_money } from './money.ts'
import type { CountResult } from './result.ts'
import { builtin_rules, plain_rule, print_rule, type Rule, rule_name, rule_named } from './rule.ts'
import { parse_rule } from './rule_text.ts'
import { Dice, random_election } from '../../../../tests/recount/random_elections.ts'
import { sha256 } from './sha256.ts'

function election(budget: number, costs: Record<string, number>, ballots: [times: number, ids: string][]): Election {
    const projects = Object.entries(costs).map(([id, kroner]) => ({ id, name: id, cost: Math.round(kroner * 100) }))
    const box = new BallotBox()
    for (const [times, ids] of ballots) {
        const choices = ids.split(' ').filter(Boolean).map((id) => ({ project: projects.findIndex((project) => project.id === id), value: 1 }))
        box.add(choices, times)
    }
    return {
        title: '', currency: 'NOK', budget: budget * 100, kind: 'approval', projects, ballots: box.close(), pots: [], exclusive: [], ranking_length: 0, points_per_one: 1,
    }
}

/// The worked example of equalshares.net: eleven voters, of whom the last chooses one thing or another.
const example = (last: string) =>
    election(1100, { bike: 700, gym: 400, park: 250, play: 200, lib: 100 }, [
        [3, 'bike gym'], [3, 'bike gym park'], [2, 'park play lib'], [1, 'play'], [1, 'play lib'], [1, last],
    ])

function counted(of: Election, rule: string | Rule): CountResult {
    const result = count(of, typeof rule === 'string' ? rule_named(rule)! : rule)
    if (!result.ok) throw new Error(result.fault.code)
    return result.value
}

const names = (of: Election, result: CountResult) => result.winners.map((project) => of.projects[project]!.id).join(' ')
const shares = (result: CountResult) => result.rounds.map(({ share }) => to_text(share!)).join(' ')
const effective = (result: CountResult) => result.rounds.map(({ effective_votes }) => to_text(effective_votes!)).join(' ')
const endowment = (result: CountResult) => [to_text(result.endowments[0]!.share), result.endowments[0]!.raises]

describe('the worked vectors, with exact fractions', () => {
    const first = example('bike')
    const second = example('gym')

    it('cost utilities, first example', () => {
        const result = counted(first, 'mes-cost')
        expect(names(first, result)).toBe('bike play lib')
        expect(effective(result)).toBe('7 4 3')
        expect(shares(result)).toBe('100 50 100/3')
        expect(result.spent).toBe(100_000)
        expect(result.ties).toEqual([])
    })
    it('raising shares in the first example changes nothing for 29 steps', () => {
        const raised = counted(first, 'mes-cost-add1')
        expect(names(first, raised)).toBe('bike play lib')
        expect(endowment(raised)).toEqual(['129', 29])
        const early = counted(first, 'mes-cost-add1e')
        expect(endowment(early)).toEqual(['100', 0])
        expect(early.endowments[0]!.exhaustive).toBe(true)
    })
    it('cost utilities, second example', () => {
        const result = counted(second, 'mes-cost')
        expect(names(second, result)).toBe('gym park play')
        expect(effective(result)).toBe('7 70/17 56/17')
        expect(shares(result)).toBe('400/7 425/7 425/7')
    })
    it('raising shares in the second example adds the library', () => {
        const raised = counted(second, 'mes-cost-add1')
        expect(names(second, raised)).toBe('gym park play lib')
        expect(raised.spent).toBe(95_000)
        expect(endowment(raised)[0]).toBe('173')
        const early = counted(second, 'mes-cost-add1e')
        expect(names(second, early)).toBe('gym park play lib')
        expect(early.spent).toBe(95_000)
        expect(endowment(early)[0]).toBe('117')
    })
    it('cardinality has a tie that decides, and says so', () => {
        const result = counted(first, 'mes-cardinality')
        expect(names(first, result)).toBe('lib play gym')
        expect(shares(result)).toBe('100/3 50 200/3')
        expect(result.rounds.map(({ price }) => to_text(price!)).join(' ')).toBe('100/3 50 200/3')
        expect(result.ties).toEqual([{ round: 1, tied: [2, 3], chosen: 3, broken_by: 'lower-cost', on_the_way: false, alternatives: [[1, 2, 3, 4]], explored: true }])
    })
    it('cardinality raised', () => {
        const raised = counted(first, 'mes-cardinality-add1')
        expect(names(first, raised)).toBe('lib play park gym')
        expect(raised.spent).toBe(95_000)
        expect(endowment(raised)[0]).toBe('178')
        const early = counted(first, 'mes-cardinality-add1e')
        expect(names(first, early)).toBe('lib play park gym')
        expect(endowment(early)[0]).toBe('109')
        expect(early.spent).toBe(95_000)
    })
    it('cardinality with its tie broken the other way buys four', () => {
        const result = counted(first, { ...rule_named('mes-cardinality')!, ties: ['listed-order'] })
        expect(names(first, result)).toBe('lib park gym play')
        expect(result.spent).toBe(95_000)
        expect(result.ties.map(({ chosen, alternatives }) => ({ chosen, alternatives }))).toEqual([{ chosen: 2, alternatives: [[1, 3, 4]] }])
    })
    it('the unit election of four projects that nearly cost the same', () => {
        const unit = election(4, { p0: 1, p1: 0.9, p2: 2, p3: 1.09 }, [[1, 'p0'], [2, 'p1 p2 p3'], [1, 'p2']])
        const set = (rule: Rule | string) => names(unit, counted(unit, rule)).split(' ').sort().join(' ')
        expect(set('mes-cardinality')).toBe('p0 p1 p3')
        expect(set('mes-cost')).toBe('p0 p2')
        expect(set({ ...rule_named('mes-cost-add1e')!, step: 10 })).toBe('p0 p1 p2')
        expect(set({ ...rule_named('mes-cardinality-add1e')!, step: 10 })).toBe('p0 p1 p3')
    })
    it('sequential Phragmén stops at the bike path', () => {
        const one = counted(first, 'phragmen')
        expect(names(first, one)).toBe('lib park play gym')
        expect(shares(one)).toBe('100/3 190/3 90 295/3')
        const two = counted(second, 'phragmen')
        expect(names(second, two)).toBe('lib gym play park')
        expect(shares(two)).toBe('100/3 400/7 75 800/7')
    })
    it('the running example of Lackner and Skowron', () => {
        const seats = election(4, { a: 1, b: 1, c: 1, d: 1, e: 1, f: 1, g: 1 }, [
            [3, 'a b'], [3, 'a c'], [2, 'a d'], [1, 'b c f'], [1, 'e'], [1, 'f'], [1, 'g'],
        ])
        expect(names(seats, counted(seats, 'phragmen')).split(' ').sort().join(' ')).toBe('a b c d')
        expect(names(seats, counted(seats, 'mes-cardinality'))).toBe('a')
    })
})

describe('greedy', () => {
    const town = election(100, { hall: 60, pool: 70, bench: 30, swing: 30 }, [[5, 'hall'], [4, 'pool'], [3, 'bench'], [2, 'swing']])

    it('skips what does not fit, or stops there', () => {
        expect(names(town, counted(town, 'greedy'))).toBe('hall bench')
        expect(names(town, counted(town, 'greedy-stop'))).toBe('hall')
    })
    it('may go by votes per krone', () => expect(names(town, counted(town, 'greedy-per-cost'))).toBe('bench hall'))
    it('leaves out what is below the threshold', () => {
        const result = counted(town, { ...rule_named('greedy')!, score_min: 4 })
        expect(names(town, result)).toBe('hall')
        expect([...result.excluded]).toEqual([[2, 'below-score'], [3, 'below-score']])
    })
    it('leaves out what is below the threshold though it is free', () => {
        const gift = { ...town, projects: town.projects.map((project, i) => (i === 2 ? { ...project, cost: 0 } : project)) }
        const result = counted(gift, { ...rule_named('greedy')!, score_min: 4 })
        expect(names(gift, result)).toBe('hall')
        expect(result.excluded.get(2)).toBe('below-score')
    })
    it('builds one of each exclusive group', () => {
        const exclusive = { ...town, exclusive: [[0, 2]] }
        expect(names(exclusive, counted(exclusive, 'greedy'))).toBe('hall swing')
    })
    it('funds the last project in part where it may be', () => {
        const partly = { ...town, projects: town.projects.map((project) => ({ ...project, partial_from: 2000 })) }
        const result = counted(partly, 'knapsack-partial')
        expect(result.rounds.map(({ paid }) => paid)).toEqual([6000, 4000])
        expect(names(partly, counted(partly, 'knapsack-discrete'))).toBe('hall')
    })
    it('stops at a tie that only a lot can break, and draws it when there is a seed', () => {
        const level = election(30, { bench: 30, swing: 30 }, [[1, 'bench swing']])
        const rule: Rule = { ...plain_rule, method: 'greedy', ties: ['lower-cost', 'more-votes', 'lot'] }
        expect(count(level, rule)).toEqual({ ok: false, fault: { code: 'only-lot', given: { projects: 'bench, swing' } } })
        const drawn = counted(level, { ...rule, seed: '4711' })
        const first = sha256('4711\nbench') < sha256('4711\nswing') ? 'bench' : 'swing'
        expect(names(level, drawn)).toBe(first)
        expect(drawn.ties[0]).toMatchObject({ broken_by: 'lot', alternatives: [[first === 'bench' ? 1 : 0]] })
    })
    it('funds beside the rule what costs nothing', () => {
        const free = election(30, { bench: 30, book: 0, none: 0 }, [[1, 'bench book']])
        const result = counted(free, 'greedy')
        expect(names(free, result)).toBe('book bench')
        expect(result.rounds[0]!.phase).toBe('free')
    })
    it('funds what costs nothing in the order of votes, and calls it no tie', () => {
        const free = election(30, { bench: 30, book: 0, song: 0, dance: 0 }, [[1, 'bench book'], [1, 'bench song dance'], [1, 'song']])
        const result = counted(free, 'greedy')
        expect(names(free, result)).toBe('song book dance bench')
        expect(result.ties).toEqual([])
    })
    it('builds one of each exclusive group of what costs nothing, and tells of the tie', () => {
        const level = { ...election(30, { bench: 30, book: 0, song: 0 }, [[1, 'bench book'], [1, 'song']]), exclusive: [[0, 2], [1, 2]] }
        const result = counted(level, 'greedy')
        expect(names(level, result)).toBe('book bench')
        expect(result.ties).toEqual([{ round: 0, tied: [1, 2], chosen: 1, broken_by: 'alphabetical', on_the_way: false, alternatives: [[2]], explored: true }])
        const more = { ...election(30, { bench: 30, book: 0, song: 0 }, [[1, 'bench book'], [2, 'song']]), exclusive: level.exclusive }
        expect(names(more, counted(more, 'greedy'))).toBe('song')
        expect(counted(more, 'greedy').ties).toEqual([])
    })
    it('stops at a tie between what costs nothing that only a lot can break', () => {
        const level = { ...election(30, { book: 0, song: 0 }, [[1, 'book song']]), exclusive: [[0, 1]] }
        expect(count(level, { ...plain_rule, method: 'greedy', ties: ['lot'] })).toMatchObject({ ok: false, fault: { code: 'only-lot' } })
    })
})

describe('ties', () => {
    const letters = ['a', 'b', 'c', 'd']
    const orders = (rest: string[]): string[][] => (rest.length === 0 ? [[]] : rest.flatMap((one) => orders(rest.filter((other) => other !== one)).map((order) => [one, ...order])))

    /// Few costs and few voters, so that nearly everything is tied.
    function level_election(dice: Dice): Election {
        const costs = dice.pick([[20, 20], [20, 30], [10, 20]])
        const kroner = letters.map(() => dice.pick(costs))
        const all = kroner.reduce((sum, cost) => sum + cost, 0)
        const ballots = Array.from({ length: 2 + dice.below(5) }, (): [number, string] => {
            const first = dice.below(4)
            return [1, letters.map((_, i) => letters[(first + i) % 4]!).slice(0, 1 + dice.below(3)).join(' ')]
        })
        const of = election(20 + dice.below(all - 20), Object.fromEntries(letters.map((id, i) => [id, kroner[i]!])), ballots)
        return dice.below(5) === 0 ? { ...of, exclusive: [[0, 2], [1, 2]] } : of
    }

    /// The same with a hundredth of the money, for rules that go by øre.
    const in_oere = (of: Election, wanted: boolean): Election =>
        wanted ? { ...of, budget: of.budget / 100, projects: of.projects.map((project) => ({ ...project, cost: project.cost / 100 })) } : of
    const set_of = (winners: readonly number[]) => [...winners].sort((a, b) => a - b).join()

    it.each(builtin_rules)('tell of every outcome that another order leads to, and of no other: %s', (name) => {
        let decided = 0
        const rule: Rule = { ...rule_named(name)!, ties: ['alphabetical'] }
        for (let seed = 1; seed <= 40; ++seed) {
            const of = in_oere(level_election(new Dice(seed)), name.includes('add-opt'))
            const result = counted(of, rule)
            const told = new Set([result.winners, ...result.ties.flatMap(({ alternatives }) => alternatives)].map(set_of))
            const outcomes = new Set(
                orders(letters).map((ids) => {
                    const renamed = { ...of, projects: of.projects.map((project, i) => ({ ...project, id: ids[i]! })) }
                    const again = count(renamed, rule, { explore_ties: false })
                    return again.ok ? set_of(again.value.winners) : again.fault.code
                }),
            )
            expect([...told].sort(), `${name} ${seed}`).toEqual([...outcomes].sort())
            if (outcomes.size > 1) ++decided
        }
        expect(decided).toBeGreaterThan(5)
    })
})

describe('leaps', () => {
    it('change nothing, however the shares are raised', () => {
        let raises = 0
        for (let seed = 1; seed <= 40; ++seed) {
            const of = random_election(seed)
            for (const name of ['mes-cost-add1u', 'mes-cardinality-add1', 'mes-points-add1e']) {
                const rule = { ...rule_named(name)!, step: 50 }
                const stepwise = count(of, rule, { leaps: false, explore_ties: false })
                expect(count(of, rule, { explore_ties: false }), `${name} ${seed}`).toEqual(stepwise)
                raises += stepwise.ok ? (stepwise.value.endowments[0]?.raises ?? 0) : 0
            }
        }
        expect(raises).toBeGreaterThan(1000)
    }, 60_000)
    it('end where each voter could pay for everything alone', () => {
        const of = { ...election(275, { hall: 270, bench: 8 }, [[3, 'hall'], [1, 'hall bench'], [1, 'bench']]), exclusive: [[0, 1]] }
        const result = counted(of, 'mes-cost-add1')
        expect(endowment(result)).toEqual(['278', 223])
    })
})

describe('the arithmetic', () => {
    it('of fractions', () => {
        expect(to_text(plus(fraction(1, 6), fraction(1, 3)))).toBe('1/2')
        expect(to_text(weighted_sum([[2n, fraction(1, 6)], [-1n, fraction(1, 4)], [5n, fraction(3)]]))).toBe('181/12')
        expect(compare(fraction(1, 3), fraction(333_333_333, 1_000_000_000))).toBe(1)
        expect(to_number(fraction(2n ** 3000n, 3n * 2n ** 2990n))).toBeCloseTo(1024 / 3, 9)
        expect(to_number(fraction(-1, 8))).toBe(-0.125)
        expect(() => fraction(1, 0)).toThrow(RangeError)
    })
    it('of money', () => {
        expect(['1100', '1 234', '0.5', '7,25', '12.000', '.5'].map(parse_money)).toEqual([110_000, 123_400, 50, 725, 1200, 50])
        expect(['', 'abc', '-1', '1.2.3', '99999999999999', '1.234'].map(parse_money)).toEqual([
            'not-money', 'not-money', 'not-money', 'not-hundredths', 'too-much', 'not-hundredths',
        ])
        expect([110_000, 123_450, 5].map(format_money)).toEqual(['1100', '1234.50', '0.05'])
    })
    // FIPS 180-4 examples, and one that fills its block.
    it('of SHA-256', () => {
        expect(sha256('abc')).toBe('ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad')
        expect(sha256('')).toBe('e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855')
        expect(sha256('abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq')).toBe('248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1')
    })
})

describe('rules', () => {
    it.each(builtin_rules)('%s is read back from its text', (name) => {
        const rule = rule_named(name)!
        expect(rule_name(rule)).toBe(name)
        expect(parse_rule(print_rule(rule))).toEqual({ ok: true, value: rule })
    })
    it('are read as a council writes them', () => {
        const text = `method = "equal-shares"   # with a comment
            completion = "add1u"
            step = "0.50"
            ties = [ "lower-cost",
                     "lot" ]
            seed = 'drawn "in public"'`
        expect(parse_rule(text)).toEqual({
            ok: true,
            value: { ...plain_rule, completion: 'add1u', step: 50, electorate: 'with-choice', ties: ['lower-cost', 'lot'], seed: 'drawn "in public"' },
        })
    })
    it.each([
        ['method = "greedy"\nmisfit = "leap"', 'rule-one-of', 2, 10],
        ['method = "luck"', 'rule-one-of', 1, 10],
        ['method = "greedy"\nspeed = 3', 'rule-unknown-key', 2, 9],
        ['method = greedy', 'rule-text', 1, 10],
        ['method = "greedy"\nmisfit =', 'rule-text', 2, 1],
        ['method = "greedy"\n\nties = ["lot" "alphabetical"]', 'rule-text', 3, 15],
        ['method = "greedy"\nties = ["lot"', 'rule-text', 2, 8],
        ['misfit = "skip"', 'rule-no-method', 1, 1],
        ['method = "greedy"\nscore_min = "2"', 'rule-number', 2, 13],
        ['method = "greedy"\nfully_funded = 1', 'rule-yes-no', 2, 16],
        ['method = "greedy"\nstep = "0"', 'rule-amount', 2, 8],
        ['method = "greedy"\nstep = "2"', 'rule-idle', 2, 8],
        ['method = "greedy"\n\ncompletion = "add1"', 'rule-idle', 3, 14],
        ['method = "greedy"\nties = ["lower-cost"]\nseed = "4711"', 'rule-seed-idle', 3, 8],
        ['method = "greedy"\nseed = 4711', 'rule-seed', 2, 8],
        ['method = "greedy"\nties = []', 'rule-ties', 2, 8],
        ['method = "greedy"\nties = ["lot", "luck"]', 'rule-one-of', 2, 16],
        ['method = "greedy"\nties = ["lot", "lot"]', 'rule-tie-twice', 2, 16],
    ] as const)('with a fault are refused with its place: %j', (text, code, line, column) => {
        expect(parse_rule(text)).toMatchObject({ ok: false, fault: { code, line, column } })
    })
    it('that only the program counts are named', () => {
        expect(parse_rule('method = "maximin-support"')).toMatchObject({ ok: false, fault: { code: 'rule-elsewhere', given: { name: 'maximin-support' } } })
    })
})
