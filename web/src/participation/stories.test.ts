import { describe, expect, it } from 'vitest'
import { count } from './counting/count.ts'
import { closeness } from './counting/distance.ts'
import { most_of_one_ballot } from './counting/election.ts'
import { figures } from './counting/figures.ts'
import { read_pabulib } from './counting/pabulib.ts'
import { rule_named } from './counting/rule.ts'
import { rule_in_words } from './rule_choice.tsx'
import { Teller } from './sentences.ts'
import { recount_words } from './words.ts'

async function told(meta: string[], projects: string[], votes: string[], by: string) {
    const read = read_pabulib(['META', 'key;value', ...meta, 'PROJECTS', ...projects, 'VOTES', ...votes, ''].join('\n'))
    const rule = rule_named(by)!
    if (!read.ok) throw new Error(JSON.stringify(read.fault))
    const { election } = read.value
    const result = count(election, rule)
    if (!result.ok) throw new Error(JSON.stringify(result.fault))
    const words = await recount_words('nb')
    const teller = new Teller(words, { ...election, most_of_one_ballot: most_of_one_ballot(election) }, rule)
    return { teller, words, election, rule, result: result.value, close: (project: number) => closeness(election, rule, result.value, project) }
}
const plain = (text: string | undefined) => text?.replaceAll('\u00A0', ' ')

describe('a vote by points', () => {
    const points = (by: string) =>
        told(['budget;100', 'vote_type;cumulative'], ['project_id;cost;name', 'a;60;Hall', 'b;50;Pool'], ['voter_id;vote;points', '1;a,b;4.5,1', '2;a;5.5', '3;b;3', '4;b;3'], by)
    it('is told in points, with the voters who gave them', async () => {
        const { teller, result } = await points('greedy')
        expect(teller.by_points).toBe(true)
        expect(plain(teller.got(result, 0))).toBe('10 poeng fra 2 velgere')
        expect([teller.score(result.scores[1]!), teller.supporters(2)]).toEqual(['7', '2 velgere'])
        expect(plain(teller.project(result, 0))).toBe('«Hall» fikk 10 poeng fra 2 velgere og blir bygget. Det koster 60 kroner.')
        expect(plain(teller.project(result, 1))).toBe('«Pool» fikk 7 poeng fra 3 velgere og ble ikke med.')
    })
    it('tells how many more it lacked, and what they would have had to give', async () => {
        const { teller, result, close } = await points('greedy')
        expect(plain(teller.project(result, 1, close(1)))).toContain('Hadde 1 velger til gitt det 5,5 poeng og ikke valgt noe annet, ville det blitt bygget.')
        expect(plain(teller.most_of_one_ballot)).toBe('5,5 poeng')
    })
    it('tells payments for each whole point, also where points have decimals', async () => {
        const { teller, result } = await points('mes-points-add1u')
        expect(teller.pays_for_points).toBe(true)
        const round = result.rounds[0]!
        expect(round.project).toBe(1)
        expect(plain(teller.payments(round))).toBe('3 av 3 velgere hadde noe igjen å betale med; de som hadde nok, betalte 7,14 kroner for hvert poeng. Det svarer til 7 poeng.')
    })
    it('has rules with names of their own', async () => {
        const { words, rule } = await points('greedy')
        expect([rule_in_words(words, rule, true), rule_in_words(words, rule)]).toEqual(['Flest poeng først (greedy)', 'Flest stemmer først (greedy)'])
    })
})

describe('a vote with sub-budgets', () => {
    const meta = ['budget;600', 'vote_type;approval', 'pots;[{"name": "Nord", "budget": "400"}]']
    const pots = (by: string) =>
        told(meta, ['project_id;cost;name;pot', 'a;250;Benker;Nord', 'b;550;Basseng;', 'c;500;Lys;', 'd;390;Bro;Nord'], ['voter_id;vote', '1;a,c', '2;a,c', '3;a,b,d', '4;c'], by)
    it('tells what each of them spent, and which one paid', async () => {
        const { teller, result, close } = await pots('greedy')
        expect(plain(teller.whole(result, 4))).toContain('I «Nord» gikk 250 kroner av 400 kroner til 1 prosjekt. I det felles budsjettet gikk 500 kroner av 600 kroner til 1 prosjekt.')
        expect(plain(teller.project(result, 0))).toMatch(/Pengene kommer fra «Nord»\.$/)
        expect(plain(teller.project(result, 3, close(3)))).toMatch(/Det konkurrerte om pengene i «Nord»\.$/)
        expect(plain(teller.project(result, 1, close(1)))).toMatch(/Det konkurrerte om pengene i det felles budsjettet\.$/)
    })
    it('tells of each whether the payments prove it', async () => {
        const { teller, result, election, rule } = await pots('mes-cost')
        const lines = teller.figures(figures(election, rule, result), result.votes)
        expect(lines.filter((line) => line.startsWith('I «Nord» hadde hver velger')).length).toBeLessThanOrEqual(1)
        expect(lines.some((line) => line.includes('Alle fikk'))).toBe(false)
    })
})
