import { describe, expect, it } from 'vitest'
import { languages } from '../words/language.ts'
import type { Attempt, Fault } from './counting/fault.ts'
import { fault_codes } from './counting/fault.ts'
import { read_pabulib } from './counting/pabulib.ts'
import { read_result } from './counting/report.ts'
import { parse_rule } from './counting/rule_text.ts'
import { fault_in_words, why_in_words } from './parts.tsx'
import { recount_words } from './words.ts'

const head = 'META\nkey;value\nbudget;9\nvote_type;approval\n'
const projects = 'PROJECTS\nproject_id;cost\na;3\nb;4\n'
const votes = 'VOTES\nvoter_id;vote\n1;a\n'
const with_meta = (meta: string) => head + meta + projects + votes
const with_projects = (columns: string, rows: string) => `${head}PROJECTS\nproject_id;cost${columns}\n${rows}\n${votes}`
const with_votes = (columns: string, rows: string, kind = 'approval') => `${head.replace('approval', kind)}${projects}VOTES\nvoter_id;vote${columns}\n${rows}\n`

const refused = <Value>(answer: Attempt<Value>): Fault => {
    if (answer.ok) throw new Error(`read: ${JSON.stringify(answer.value)}`)
    return answer.fault
}
const rule_of = (text: string): Fault => {
    const read = read_pabulib(text)
    if (!read.ok) throw new Error(JSON.stringify(read.fault))
    return refused(read.value.rule)
}

/// What the readers refuse, once for each of what they say.
const faults: Fault[] = [
    ...[
        'hello',
        'META\nkey;value\n',
        `${head}${projects}${projects}`,
        with_projects('', '"a;3'),
        with_projects('', 'a;3;4'),
        `${head}PROJECTS\n${'c;'.repeat(1001)}\n`,
        'META\nkey;value\n' + projects + votes,
        with_projects('', 'a;x'),
        with_projects('', 'a;99999999999999'),
        with_projects('', 'a;1.234'),
        head.replace('approval', 'loud') + projects + votes,
        `${head}PROJECTS\nproject;price\n${votes}`,
        `${head}${projects}VOTES\nvoter_id\n1\n`,
        with_votes('', '1;a', 'cumulative'),
        with_projects('', 'a;3\na;4'),
        with_projects(';selected', 'a;3;5'),
        with_projects(';votes', 'a;3;x'),
        with_votes(';points', '1;a;x', 'cumulative'),
        with_votes(';points', '1;a;1,2', 'cumulative'),
        with_votes('', '1;c'),
        with_votes(';weight', '1;a;0'),
        with_votes('', '1;a,b', 'choose-1'),
        with_meta('pots;north\n'),
        with_meta('pots;[{"name":"north","budget":"1"},{"name":"north","budget":"2"}]\n'),
        with_projects(';pot', 'a;3;north'),
    ].map((text) => refused(read_pabulib(text))),
    ...['', 'rule;greedy-custom\n', 'rule;greedy-exclusive\n', 'rule;greedy-threshold\n', 'rule;greedy\nrule.method;"""phragmen"""\n'].map((meta) => rule_of(with_meta(meta))),
    ...[
        'method =', 'misfit = "skip"', 'method = "luck"', 'method = "greedy"\nscore_min = "x"', 'method = "greedy"\nfully_funded = 1', 'method = "greedy"\nstep = 1',
        'method = "greedy"\nties = 1', 'method = "greedy"\nties = ["lot", "lot"]', 'method = "greedy"\nseed = 1', 'method = "greedy"\nties = ["more-votes"]\nseed = "1"',
        'method = "greedy"\noverrun = "skip"', 'method = "greedy"\nspeed = 3', 'method = "maximin-support"',
    ].map((text) => refused(parse_rule(text))),
    ...['[]', '{"format":"bypuls-count-1"}'].map((text) => refused(read_result(text))),
]

describe('what is wrong with a file', () => {
    it.each(languages)('has a sentence of its own for each kind of fault: %s', async (language) => {
        const words = await recount_words(language)
        const sentences = fault_codes.map((code) => fault_in_words(words, { code }, 'a.pb'))
        expect(sentences.filter((text) => text.includes('['))).toEqual([words.lookup('recount.fault.pots')].map((text) => `${words.say('recount.fault.file', { file: 'a.pb' })} ${text}`))
        expect(new Set(sentences).size).toBe(fault_codes.length)
    })
    it.each(languages)('is told with everything put in: %s', async (language) => {
        const words = await recount_words(language)
        for (const fault of faults) expect(fault_in_words(words, fault, 'a.pb')).not.toMatch(/\{[a-z_]+\}|undefined/)
    })
    it.each(languages)('is told as a sentence where a count ends by it: %s', async (language) => {
        const words = await recount_words(language)
        expect(why_in_words(words, { code: 'only-lot', given: { projects: 'a, b' } })).toMatch(/^a, b .*\.$/)
        expect(why_in_words(words, 'out of memory')).toBe('out of memory')
    })
    it('is each another thing', () => {
        expect(new Set(faults.map(({ code }) => code)).size).toBe(faults.length)
    })
    it('has a line only together with its column', () => {
        for (const { line, column } of faults) expect(line === undefined).toBe(column === undefined)
    })
})
