import { describe, expect, it } from 'vitest'
import play_money from '../../../../tests/data/participation/play_money.pb?raw'
import play_money_result from '../../../../tests/data/participation/play_money.json?raw'
import { ballots_sha256, ballots_text, by_bytes, rule_sha256 } from './fingerprint.ts'
import { read_pabulib } from './pabulib.ts'

function election(kind: string, votes: string, ids = ['b', 'a', 'c']) {
    const projects = ids.map((id) => `"${id}";1\n`).join('')
    const read = read_pabulib(`META\nkey;value\nbudget;9\nvote_type;${kind}\nPROJECTS\nproject_id;cost\n${projects}VOTES\n${votes}`)
    if (!read.ok) throw new Error(JSON.stringify(read.fault))
    return read.value.election
}

describe('the fingerprint of a count', () => {
    it('is the one in the published result', () => {
        const read = read_pabulib(play_money)
        if (!read.ok || !read.value.rule.ok) throw new Error()
        const result = JSON.parse(play_money_result) as { ballots_sha256: string; rule_sha256: string }
        expect(ballots_sha256(read.value.election)).toBe(result.ballots_sha256)
        expect(rule_sha256(read.value.rule.value)).toBe(result.rule_sha256)
    })

    it('is of a text as sort and uniq write it, whatever the order of the file', () => {
        expect(ballots_text(election('approval', 'voter_id;vote;weight\n1;b,a;2\n2;;1\n3;a,b;1\n4;c;10\n'))).toBe('1 \n3 a,b\n10 c\n')
        expect(ballots_text(election('cumulative', 'voter_id;vote;points\n1;b,a;2.50,1\n2;c,a;0,3\n3;;\n'))).toBe('1 ;\n1 a,b;1,2.5\n1 a;3\n')
        expect(ballots_text(election('ordinal', 'voter_id;vote\n1;c,a\n2;b,b,a\n3;a,b,b\n'))).toBe('1 a,b\n1 b,b,a\n1 c,a\n')
        expect(ballots_text(election('approval', 'voter_id;vote\n1;"x;y,\\"\n', ['x;y', '\\']))).toBe('1 \\\\,x\\;y\n')
    })

    it('sorts by bytes, not as JavaScript does', () => {
        expect(['\u{1F600}', '\uFF21', 'ø', 'z'].sort(by_bytes)).toEqual(['z', 'ø', '\uFF21', '\u{1F600}'])
    })
})
