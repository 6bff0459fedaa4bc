import { describe, expect, it } from 'vitest'
import play_money from '../../../../tests/data/participation/play_money.pb?raw'
import play_money_result from '../../../../tests/data/participation/play_money.json?raw'
import { count } from './count.ts'
import { ballot_total, choices_of } from './election.ts'
import { read_pabulib, read_pabulib_bytes, type Reading } from './pabulib.ts'
import { read_result, result_json } from './report.ts'
import { rule_name } from './rule.ts'

function must_read(text: string): Reading {
    const reading = read_pabulib(text)
    if (!reading.ok) throw new Error(JSON.stringify(reading.fault))
    return reading.value
}

const small = (changes: Partial<Record<'kind' | 'projects' | 'votes' | 'meta', string>> = {}) => `META
key;value
budget;100
vote_type;${changes.kind ?? 'approval'}
${changes.meta ?? 'rule;greedy'}
PROJECTS
project_id;cost;name
${changes.projects ?? '1;60;Hall\n2;40;Pool'}
VOTES
${changes.votes ?? 'voter_id;vote\na;1,2\nb;2'}
`

describe('a Pabulib file', () => {
    it('is read with its outcome and rule', () => {
        const { election, published, rule, remarks } = must_read(play_money)
        expect(election.projects.map(({ id, cost }) => [id, cost])).toEqual([['bike', 70000], ['gym', 40000], ['park', 25000], ['play', 20000], ['lib', 10000]])
        expect(published).toEqual({ winners: [0, 3, 4], reserved: [] })
        expect(rule).toMatchObject({ ok: true, value: { completion: 'add1', electorate: 'everyone' } })
        expect(remarks).toEqual([])
    })
    it('may have a byte order mark, carriage returns, blank lines, commas between fields, quotes, short rows and any order', () => {
        const odd = '\uFEFFVOTES\r\nvoter_id,vote\r\na,"1,2"\r\n\r\nb,2\r\nMETA\r\nkey,value\r\nbudget,"100"\r\nVote_Type,Approval\r\nPROJECTS\r\n\r\n \r\nProject_ID,cost,name\r\n1,60,"Hall ""A"""\r\n2,40\r\n'
        const { election } = must_read(odd)
        expect(election.projects.map(({ name }) => name)).toEqual(['Hall "A"', ''])
        expect([...election.ballots.counts]).toEqual([1, 1])
    })
    it('puts identical ballots together', () => {
        const { election } = must_read(small({ votes: 'voter_id;vote;weight\na;2,1;1\nb;1,2;3\nc;;1' }))
        expect([...election.ballots.counts]).toEqual([1, 4])
        expect(choices_of(election.ballots, 1)).toEqual([{ project: 0, value: 1 }, { project: 1, value: 1 }])
    })
    it('may have points with decimals, and rankings', () => {
        const points = must_read(small({ kind: 'cumulative', votes: 'voter_id;vote;points\na;1,2;1.5,2\nb;2,1;3,0' }))
        expect(points.election.points_per_one).toBe(1000)
        expect([...points.election.ballots.values]).toEqual([1500, 2000, 3000])
        const ranking = must_read(small({ kind: 'ordinal', votes: 'voter_id;vote\na;2,1' }))
        expect(choices_of(ranking.election.ballots, 0)).toEqual([{ project: 0, value: 2 }, { project: 1, value: 1 }])
    })
    it('that names a project twice on a ballot is remarked upon', () => {
        expect(must_read(small({ votes: 'voter_id;vote\na;1,1\nb;1,1' })).remarks.map(({ code, line }) => [code, line])).toEqual([['named-twice', 12], ['named-twice', 13]])
    })
    it('in which a voter stands twice is remarked upon, and both ballots are counted', () => {
        const { remarks, election } = must_read(small({ votes: 'voter_id;vote\na;1\nb;2\n a ;2\n;1\n;1\na;1' }))
        expect(remarks).toEqual([
            { code: 'voter-twice', line: 14, given: { before: '12' } },
            { code: 'voter-twice', line: 17, given: { before: '14' } },
        ])
        expect(ballot_total(election.ballots)).toBe(6)
        const many = must_read(small({ votes: `voter_id;vote\n${'a;1\n'.repeat(24)}` })).remarks
        expect([many.length, many.at(-1)]).toEqual([21, { code: 'more-voters-twice', given: { found: '3' } }])
    })
    it('that is not UTF-8 is read all the same', () => {
        const text = small({ projects: '1;60;Br\u00F8nn\n2;40;Pool' })
        const reading = read_pabulib_bytes(Uint8Array.from(text, (letter) => letter.charCodeAt(0)))
        expect(reading).toMatchObject({ ok: true, value: { remarks: [{ code: 'not-utf8' }] } })
        expect(reading.ok && reading.value.election.projects[0]!.name).toBe('Brønn')
    })

    it.each([
        ['hello', 'not-sections', 1, 1],
        ['META\nkey;value\nbudget;1', 'no-section', 4, 1],
        [small({ kind: 'quadratic' }), 'vote-type', 4, 2],
        [small().replace('budget;100', 'budget;much'), 'not-money', 3, 2],
        [small().replace('budget;100', 'money;100'), 'meta-lacks', undefined, undefined],
        [small({ meta: 'pots;nord' }), 'pots', 5, 2],
        [small({ projects: '1;60;Hall\n1;40;Pool' }), 'project-twice', 9, 1],
        [small({ projects: '1;60;Hall\n2;4x;Pool' }), 'not-money', 9, 2],
        [small({ projects: '1;60;Hall;more\n2;40;Pool' }), 'many-fields', 8, 1],
        [small({ projects: '1;60;"Hall\n2;40;Pool' }), 'open-quote', 8, 6],
        [small({ votes: 'voter_id;vote\na;1,3' }), 'unknown-project', 12, 2],
        [small({ votes: 'voter_id;vote;weight\na;1;0' }), 'weight', 12, 3],
        [small({ kind: 'cumulative' }), 'points-column', undefined, undefined],
        [small({ kind: 'cumulative', votes: 'voter_id;vote;points\na;1;x' }), 'not-points', 12, 3],
        [small({ kind: 'cumulative', votes: 'voter_id;vote;points\na;1;1,2' }), 'more-points', 12, 3],
        [small({ kind: 'choose-1' }), 'one-choice', 12, 2],
    ])('with a fault is refused with its place (%#)', (text, code, line, column) => {
        const reading = read_pabulib(text)
        expect(reading.ok).toBe(false)
        if (!reading.ok) expect([reading.fault.code, reading.fault.line, reading.fault.column]).toEqual([code, line, column])
    })

    it.each([['greedy-custom', 'undefined-rule'], ['unknown', 'undefined-rule'], ['', 'no-rule'], ['greedy-exclusive', 'no-groups'], ['greedy-threshold', 'no-threshold']])('whose rule is %j defines none', (name, code) => {
        expect(must_read(small({ meta: `rule;${name}` })).rule).toMatchObject({ ok: false, fault: name === '' ? { code } : { code, line: 5, column: 2 } })
    })
})

describe('what is no election', () => {
    it('is named by its first forty letters, as the program counts them', () => {
        expect(read_pabulib('\u{1D4D1}'.repeat(41))).toMatchObject({ ok: false, fault: { code: 'not-sections', given: { found: '\u{1D4D1}'.repeat(40) } } })
    })
})

describe('beyond its own columns a file', () => {
    const with_columns = 'META\nkey;value\nbudget;100\nvote_type;approval\nrule;greedy-exclusive\nfully_funded;1\nPROJECTS\nproject_id;cost;partial_from;exclusive\n1;60;20;g\n2;40;;g,h\n3;1;;h\nVOTES\nvoter_id;vote\na;1,2,3\n'
    it('has exclusive groups, partial funding and full funding', () => {
        const { election, rule, remarks } = must_read(with_columns)
        expect(election.exclusive).toEqual([[0, 1], [1, 2]])
        expect(election.projects.map(({ partial_from }) => partial_from)).toEqual([2000, undefined, undefined])
        expect(rule).toMatchObject({ ok: true, value: { method: 'greedy', fully_funded: true } })
        expect(remarks).toEqual([{ code: 'not-funded', given: {} }])
    })
    it('has its rule in full', () => {
        const meta = 'rule;mes-cost-add1-step-0.50\nrule.method;"""equal-shares"""\nrule.completion;"""add1"""\nrule.step;"""0.50"""'
        expect(must_read(small({ meta })).rule).toMatchObject({ ok: true, value: { completion: 'add1', step: 50, electorate: 'with-choice' } })
        expect(must_read(small({ meta: meta.replace('-step-0.50', '') })).rule).toMatchObject({ ok: false, fault: { code: 'other-rule-text', line: 5, column: 2 } })
        expect(must_read(small({ meta: `comment;"two\nlines"\n${meta.replace('"equal-shares"', '"luck"')}` })).rule).toMatchObject({ ok: false, fault: { code: 'rule-one-of', line: 8, column: 13 } })
    })
    it('has sub-budgets, each of them once and known to the projects', () => {
        const meta = 'pots;[{"name":"nord","budget":"1.50"},{"name":"sør","budget":"2"}]'
        expect(must_read(small({ meta })).election.pots).toEqual([{ name: 'nord', budget: 150 }, { name: 'sør', budget: 200 }])
        expect(read_pabulib(small({ meta: meta.replace('sør', 'nord') }))).toMatchObject({ ok: false, fault: { code: 'pot-twice', line: 5, column: 2, given: { pot: 'nord' } } })
        expect(read_pabulib(small({ meta: meta.replace('sør', '') }))).toMatchObject({ ok: false, fault: { code: 'pot-twice', given: { pot: '' } } })
        expect(read_pabulib(small({ meta: 'pots;nord' }))).toMatchObject({ ok: false, fault: { code: 'pots' } })
    })
    it('has limits that ballots may go against', () => {
        const remarks = must_read(small({ meta: 'max_length;1\nmin_length;x', votes: 'voter_id;vote\na;1,2\nb;1\nc;' })).remarks
        expect(remarks.map(({ code, line }) => [code, line])).toEqual([['no-limit', undefined], ['over-limit', 13]])
    })
    it('may refuse the ballots that go against its limits, but no blank one', () => {
        const votes = 'voter_id;vote\na;1,2\nb;1\nc;'
        const strict = must_read(small({ meta: 'max_length;1\ninvalid_ballots;refuse', votes }))
        expect(strict.remarks).toEqual([{ code: 'refused', line: 13, given: { limit: 'max_length' } }])
        expect(ballot_total(strict.election.ballots)).toBe(2)
        expect(ballot_total(must_read(small({ meta: 'max_length;1\ninvalid_ballots;count', votes })).election.ballots)).toBe(3)
        expect(read_pabulib(small({ meta: 'invalid_ballots;maybe', votes }))).toMatchObject({ ok: false, fault: { code: 'invalid-ballots', line: 5, column: 2, given: { text: 'maybe' } } })
    })
})

describe('ballots of the kind knapsack', () => {
    const knapsack = (meta: string) => must_read(`META\nkey;value\nbudget;5\nvote_type;knapsack\n${meta}PROJECTS\nproject_id;cost\na;3\nb;4\nVOTES\nvoter_id;vote\n1;a\n2;a,b\n`)
    it('may cost no more than the budget, which has words of its own', () => {
        expect(knapsack('').remarks).toEqual([{ code: 'over-budget', line: 12, given: { said: '5 NOK', found: '7 NOK' } }])
        const strict = knapsack('invalid_ballots;refuse\n')
        expect(strict.remarks).toEqual([{ code: 'refused-budget', line: 13, given: {} }])
        expect(ballot_total(strict.election.ballots)).toBe(1)
    })
    it('may cost what they like where the file has a limit that cannot be read', () => {
        const read = knapsack('invalid_ballots;refuse\nmax_sum_cost;much\n')
        expect(read.remarks.map(({ code }) => code)).toEqual(['no-limit'])
        expect(ballot_total(read.election.ballots)).toBe(2)
    })
})

describe('the rule that a file names', () => {
    it.each([['mes-cost-none', 'mes-cost'], ['phragmen-stop', 'phragmen'], ['greedy-skip', 'greedy'], ['greedy-no-skip', 'greedy-stop'], ['knapsack', 'knapsack-discrete']])('may say a default out loud: %s', (name, ours) => {
        const { rule } = must_read(small({ meta: `rule;${name}` }))
        expect(rule.ok && rule_name(rule.value)).toBe(ours)
    })
})

describe('a result', () => {
    it('is what the program prints, but for the figures', () => {
        const { election, rule } = must_read(play_money)
        if (!rule.ok) throw new Error()
        const result = count(election, rule.value)
        if (!result.ok) throw new Error()
        const { metrics, losers, margins, beside, ...golden } = JSON.parse(play_money_result) as Record<string, unknown>
        expect([metrics, losers, margins, beside].every(Boolean)).toBe(true)
        const { rule_sha256, ballots_sha256, ...ours } = result_json(election, rule.value, result.value) as Record<string, unknown>
        expect({ rule_sha256, ballots_sha256, ...ours }).toEqual({ rule_sha256, ballots_sha256, ...golden })
    })
    it('is read back as a claim', () => {
        expect(read_result(play_money_result)).toMatchObject({
            ok: true,
            value: { rule: { ok: true, value: { completion: 'add1' } }, rule_name: 'mes-cost-add1', winners: ['bike', 'play', 'lib'], spent: 100_000 },
        })
    })
    it.each([['[]', 'not-result'], ['{', 'not-result'], ['{"format":"bypuls-count-1"}', 'result-lacks']])('that is none is refused: %s', (text, code) => {
        expect(read_result(text)).toMatchObject({ ok: false, fault: { code } })
    })
})
