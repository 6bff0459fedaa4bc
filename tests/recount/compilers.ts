/// Two builds of the counting commands say the same to the byte: compilers.ts PROGRAM OTHER (see compilers beside this).
import { strict as assert } from 'node:assert'
import { existsSync, readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { builtin_rules, print_rule } from '../../web/src/participation/counting/rule.ts'
import { Report } from '../town/town.ts'
import { Commands } from './commands.ts'
import { election_json, random_election, random_rule, with_pots } from './random_elections.ts'

const [one, other] = process.argv.slice(2).map((program) => new Commands(program))
if (!one || !other) throw new Error('compilers.ts PROGRAM OTHER')
const report = new Report('recount_compilers')
const rules = [...builtin_rules, 'max-welfare', 'maximin-support', 'cstv-ge-ewt', 'cstv-ge-mt', 'cstv-gsc-ewt', 'cstv-gsc-mt']
let answers = 0

async function same(words: string[], files: Record<string, string> = {}): Promise<void> {
    const [first, second] = await Promise.all([one!.ask(words, files), other!.ask(words, files)])
    assert.deepEqual(second, first, words.join(' '))
    answers += 1
}

/// What is large enough to take a minute under some rule is counted under few, without what explains it.
const [large, middling] = [600_000, 60_000]
async function counts_the_same(file: string): Promise<void> {
    const { size } = statSync(file)
    for (const rule of size > large ? ['greedy', 'mes-cost', 'mes-cost-add1'] : rules) await same(['count', file, '--rule', rule, '--json'])
    if (size > middling) return
    for (const language of ['nb', 'nn', 'en']) await same(['count', file, '--rule', 'mes-cost-add1', '--explain', '--language', language])
    await same(['count', file, '--rule', 'greedy', '--json', '--explain'])
    await same(['compare', file, '--rules', 'greedy,mes-cost,phragmen'])
}

await report.test('random elections under random rules', async () => {
    for (let seed = 1; seed <= 1000; ++seed) {
        const election = seed % 4 === 0 ? with_pots(random_election(seed), seed) : random_election(seed)
        const files = { 'rule.toml': print_rule(random_rule(seed)), 'random.json': election_json(election) }
        await same(['count', 'random.json', '--rule', 'rule.toml', '--json', '--explain'], files)
        await same(['count', 'random.json', '--rule', rules[seed % rules.length]!, '--explain', '--language', 'nn'], files)
    }
})

const shared = '../shared/data/participatory_budgeting/pabulib'
const folders = ['tests/data/participation', 'demo/drammen/elections', shared].filter((folder) => existsSync(folder))
for (const folder of folders) {
    for (const name of readdirSync(folder).filter((file) => file.endsWith('.pb'))) await report.test(name, () => counts_the_same(join(folder, name)))
}
if (!folders.includes(shared)) report.skip('published elections', `${shared} is not here`)
console.log(`${answers} answers compared`)
one.close()
other.close()
report.end()
