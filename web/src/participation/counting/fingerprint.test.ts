import { createHash } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import play_money from '../../../../tests/data/participation/play_money.pb?raw'
import play_money_result from '../../../../tests/data/participation/play_money.json?raw'
import { ballots_sha256, ballots_text, rule_sha256, rule_text } from './fingerprint.ts'
import { read_pabulib } from './pabulib.ts'
import { print_rule, rule_named } from './rule.ts'

function election(kind: string, projects: string[], votes: string[]) {
    const read = read_pabulib(['META', 'key;value', 'budget;100', `vote_type;${kind}`, 'PROJECTS', 'project_id;cost', ...projects.map((id) => `${id};5`), 'VOTES', ...votes, ''].join('\n'))
    if (!read.ok) throw new Error(JSON.stringify(read.fault))
    return read.value.election
}

const sha = (text: string) => createHash('sha256').update(text).digest('hex')

describe('a fingerprint of ballots', () => {
    it('is of a line for each different ballot, whatever order the file has', () => {
        const one = election('approval', ['a', 'b', '10', '9'], ['voter_id;vote;weight', '1;b,a;1', '2;10,9;2', '3;a,b;3', '4;;1'])
        const other = election('approval', ['9', '10', 'b', 'a'], ['vote', '10,9', 'a,b', 'a,b', 'b,a', 'b,a', '9,10', '""'])
        expect(ballots_text(one)).toBe('1 \n2 10,9\n4 a,b\n')
        expect(ballots_sha256(other)).toBe(ballots_sha256(one))
        expect(ballots_sha256(one)).toBe(sha('1 \n2 10,9\n4 a,b\n'))
    })
    it('tells points as people write them, and places of a ranking in order', () => {
        expect(ballots_text(election('cumulative', ['b', 'a'], ['vote;points', 'b,a;2.5,3']))).toBe('1 a,b;3,2.5\n')
        // The place that a project named twice left stands with the project before it.
        expect(ballots_text(election('ordinal', ['b', 'a', 'c'], ['vote', 'b,b,a', 'c,a']))).toBe('1 b,b,a\n1 c,a\n')
    })
    it('keeps ids apart that hold what parts them, and sorts by bytes', () => {
        expect(ballots_text(election('approval', ['"x;y"', '\u{1F333}', '\uFF21'], ['vote', '"x;y"', '\uFF21,\u{1F333}']))).toBe('1 x\\;y\n1 \uFF21,\u{1F333}\n')
    })
})

describe('the fingerprints of a count', () => {
    it('are those in the published result', () => {
        const read = read_pabulib(play_money)
        if (!read.ok || !read.value.rule.ok) throw new Error('the example is read')
        const result = JSON.parse(play_money_result) as { ballots_sha256: string; rule_sha256: string }
        expect(ballots_sha256(read.value.election)).toBe(result.ballots_sha256)
        expect(rule_sha256(read.value.rule.value)).toBe(result.rule_sha256)
    })
})

describe('a fingerprint of a rule', () => {
    it('is of its text without comments', () => {
        const rule = rule_named('mes-cost-add1')!
        expect(print_rule(rule)).toMatch(/^#/)
        expect(rule_text(rule)).toMatch(/^method = "equal-shares"\n/)
        expect(rule_sha256(rule)).toBe(sha(rule_text(rule)))
        expect(rule_sha256(rule)).not.toBe(rule_sha256({ ...rule, seed: '7' }))
    })
})
