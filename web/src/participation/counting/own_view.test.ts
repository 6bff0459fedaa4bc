import { describe, expect, it } from 'vitest'
import play_money from '../../../../tests/data/participation/play_money.pb?raw'
import { count } from './count.ts'
import { choices_of, type Election, group_count } from './election.ts'
import { compare, type Fraction, fraction, minus, plus, times, to_text } from './fraction.ts'
import { own_view, type OwnView } from './own_view.ts'
import { read_pabulib } from './pabulib.ts'
import { plain_rule, type Rule, rule_named } from './rule.ts'

function play(): Election {
    const read = read_pabulib(play_money)
    if (!read.ok) throw new Error()
    return read.value.election
}

function counted(election: Election, rule: Rule) {
    const result = count(election, rule)
    if (!result.ok) throw new Error(result.fault.code)
    return result.value
}

const said = ({ choices, share, left }: OwnView, election: Election) => ({
    choices: choices.map(({ project, phase, paid, all_she_had }) => [election.projects[project]!.id, phase ?? 'lost', paid && to_text(paid), all_she_had]),
    share: share && to_text(share),
    left: left && to_text(left),
})

const chose = (election: Election, ...ids: string[]) =>
    ids.map((id) => ({ project: election.projects.findIndex((project) => project.id === id), value: 1 }))

describe("a voter's own view", () => {
    // The worked example of equalshares.net: 1 100 to share between eleven voters.
    it('says what the share paid for and what is left of it', () => {
        const election = play()
        const rule = rule_named('mes-cost')!
        const view = own_view(election, rule, counted(election, rule), chose(election, 'play', 'lib'))
        expect(said(view, election)).toEqual({
            choices: [
                ['play', 'rule', '50', false],
                ['lib', 'rule', '100/3', false],
            ],
            share: '100',
            left: '50/3',
        })
        expect(view.money).toBe(300_00)
    })

    it('tells of what did not win, of what others paid for, and of a share used up', () => {
        const election = play()
        const rule = rule_named('mes-cost')!
        const result = counted(election, rule)
        const both = own_view(election, rule, result, chose(election, 'gym', 'bike'))
        expect(said(both, election)).toEqual({
            choices: [
                ['bike', 'rule', '100', false],
                ['gym', 'lost', undefined, undefined],
            ],
            share: '100',
            left: '0',
        })
        const spent = own_view(election, rule, result, chose(election, 'bike', 'lib'))
        expect(spent.choices[1]).toMatchObject({ all_she_had: true, paid: fraction(0) })
    })

    it('has no share where the rule hands none out', () => {
        const election = play()
        const rule = rule_named('greedy')!
        expect(said(own_view(election, rule, counted(election, rule), chose(election, 'bike', 'park')), election)).toEqual({
            choices: [
                ['bike', 'rule', undefined, undefined],
                ['park', 'lost', undefined, undefined],
            ],
            share: undefined,
            left: undefined,
        })
    })

    it('added up over all ballots pays for every project, and leaves nobody with less than nothing', () => {
        const election = play()
        for (const name of ['mes-cost', 'mes-cost-add1', 'mes-cardinality-add1', 'mes-cost-add1u']) {
            const rule = { ...plain_rule, ...rule_named(name)! }
            const result = counted(election, rule)
            const paid = new Map<number, Fraction>()
            for (let group = 0; group < group_count(election.ballots); ++group) {
                const view = own_view(election, rule, result, choices_of(election.ballots, group))
                let used = fraction(0)
                for (const { project, paid: own } of view.choices) {
                    if (!own) continue
                    used = plus(used, own)
                    paid.set(project, plus(paid.get(project) ?? fraction(0), times(own, election.ballots.counts[group]!)))
                }
                expect(compare(minus(view.share!, used), view.left!)).toBe(0)
                expect(compare(view.left!, fraction(0))).toBeGreaterThanOrEqual(0)
            }
            for (const round of result.rounds.filter(({ phase }) => phase === 'rule')) {
                expect(to_text(times(paid.get(round.project)!, 100))).toBe(String(round.paid))
            }
        }
    })

    it('weighs points as the rule does, and leaves out places that do not count', () => {
        const election: Election = { ...play(), kind: 'ranking', ranking_length: 2 }
        const rule = rule_named('greedy')!
        const result = counted(play(), rule)
        const [bike, gym, park] = chose(election, 'bike', 'gym', 'park')
        const view = own_view(election, rule, result, [{ ...bike!, value: 1 }, { ...gym!, value: 2 }, { ...park!, value: 3 }])
        expect(view.choices.map(({ project }) => election.projects[project]!.id)).toEqual(['bike', 'gym'])
    })
})
