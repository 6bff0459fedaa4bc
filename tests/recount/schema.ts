/// What `bypuls count --json` prints is what docs/formats/count-result.schema.json says, and what it counts as JSON is what
/// docs/formats/election.schema.json says: under every rule, with ties, rounds, explanations and everything that is told only now and then.
import { strict as assert } from 'node:assert'
import { spawnSync } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import Ajv2020 from 'ajv/dist/2020.js'
import { builtin_rules, print_rule } from '../../web/src/participation/counting/rule.ts'
import { program, Report } from '../town/town.ts'
import { Commands } from './commands.ts'
import { election_json, random_election, random_rule, with_pots } from './random_elections.ts'

const report = new Report('recount_schema')
const commands = new Commands()
const ajv = new Ajv2020.default({ allErrors: true })
const schema_of = (name: string) => JSON.parse(readFileSync(`docs/formats/${name}.schema.json`, 'utf8'))
const result_schema = schema_of('count-result')
const follows_result = ajv.compile(result_schema)
const follows_election = ajv.compile(schema_of('election'))

/// Every place of a result that has been seen: "rounds[].share.fraction", and values that are one of several names.
const seen = new Set<string>()
function look(value: unknown, path = ''): void {
    if (Array.isArray(value)) {
        for (const item of value) look(item, `${path}[]`)
    } else if (value !== null && typeof value === 'object') {
        for (const [key, item] of Object.entries(value)) look(item, path === '' ? key : `${path}.${key}`)
    } else {
        seen.add(path).add(`${path}=${String(value)}`)
    }
}

/// The places the schema knows, in the same writing.
function places(schema: any, path = ''): string[] {
    const at = schema.$ref ? result_schema.$defs[schema.$ref.split('/').at(-1)] : schema
    if (at.properties) return Object.entries(at.properties).flatMap(([key, inner]) => places(inner, path === '' ? key : `${path}.${key}`))
    if (at.oneOf) return at.oneOf.flatMap((one: unknown) => places(one, path))
    if (at.items) return places(at.items, `${path}[]`)
    return at.enum ? at.enum.map((value: unknown) => `${path}=${String(value)}`) : [path]
}

/// What a text says under the name of a file.
type Files = Record<string, string>

async function counted(file: string, rule: string, files: Files = {}, changes: string[] = []): Promise<any> {
    const words = ['count', file, '--rule', rule, '--json', '--explain', ...changes.flatMap((change) => ['--what-if', change])]
    const { stdout, stderr, status } = await commands.ask(words, files)
    assert.equal(status, 0, `${file}, ${rule}: ${stderr}`)
    const result: unknown = JSON.parse(stdout)
    assert.ok(follows_result(result), `${file}, ${rule}: ${ajv.errorsText(follows_result.errors, { separator: '\n' })}`)
    look(result)
    return result
}

/// The name of a file with an election that follows its schema.
function written(files: Files, name: string, election: string): string {
    assert.ok(follows_election(JSON.parse(election)), `${name}: ${ajv.errorsText(follows_election.errors)}`)
    files[name] = election
    return name
}

const rules = [...builtin_rules, 'max-welfare', 'maximin-support', 'cstv-ge-ewt', 'cstv-ge-mt', 'cstv-gsc-ewt', 'cstv-gsc-mt']
for (const file of ['tests/data/participation/play_money.pb', 'demo/drammen/elections/likt.pb']) {
    await report.test(file, async () => {
        for (const rule of rules) await counted(file, rule)
    })
}

await report.test('elections with pots, free projects and exclusive groups', async () => {
    const files: Files = {}
    const pots = {
        budget: '5',
        kind: 'approval',
        pots: [{ name: 'north', budget: '7.50' }],
        projects: [{ id: 'a', cost: '3', pot: 'north' }, { id: 'b', cost: '6', partial_from: '2' }, { id: 'c', cost: '4' }],
        ballots: [{ choices: ['a', 'b'], count: 3 }, { choices: ['c'] }, { choices: [] }],
    }
    const free_rivals = readFileSync('fuzz/corpus/election_tables/free_rivals.json', 'utf8')
    for (const file of [written(files, 'pots.json', JSON.stringify(pots)), written(files, 'free_rivals.json', free_rivals)]) {
        for (const rule of ['greedy', 'knapsack-partial', 'mes-cost-add1u', 'max-welfare', 'cstv-ge-mt', 'phragmen']) await counted(file, rule, files)
    }
})

await report.test('random elections under random rules', async () => {
    for (let seed = 1; seed <= 60; ++seed) {
        const files: Files = { 'rule.toml': print_rule(random_rule(seed)) }
        const election = seed % 4 === 0 ? with_pots(random_election(seed), seed) : random_election(seed)
        const file = written(files, 'random.json', election_json(election))
        await counted(file, 'rule.toml', files)
        await counted(file, rules[seed % rules.length]!, files)
    }
})

await report.test('elections with a key that nobody knows', async () => {
    const whole = { budget: '5', kind: 'approval', pots: [{ name: 'n', budget: '1' }], projects: [{ id: 'a', cost: '3' }], ballots: [{ choices: ['a'] }] }
    assert.ok(follows_election(whole))
    const spoilt: ((election: any) => void)[] = [(e) => (e.exclusiv = []), (e) => (e.pots[0].cost = '1'), (e) => (e.projects[0].pott = 'n'), (e) => (e.ballots[0].weight = 5)]
    for (const spoil of spoilt) {
        const copy = structuredClone(whole)
        spoil(copy)
        assert.ok(!follows_election(copy), String(spoil))
        const { status } = await commands.ask(['count', 'spoilt.json', '--rule', 'greedy'], { 'spoilt.json': JSON.stringify(copy) })
        assert.equal(status, 2, String(spoil))
    }
})

await report.test('a ballot against the limits', async () => {
    const text = 'META\nkey;value\nbudget;5\nvote_type;approval\nmax_length;1\nPROJECTS\nproject_id;cost\na;3\nb;4\nVOTES\nvoter_id;vote\n1;a,b\n'
    assert.equal((await counted('limits.pb', 'greedy', { 'limits.pb': text })).remarks.length, 1)
})

await report.test('what is known of the voters', async () => {
    const voters = Array.from({ length: 30 }, (_, i) => `${i};${i % 3 ? 'a' : 'a,b'};${20 + 20 * (i % 2)};${i % 2 ? 'Fjell' : 'Åssiden'};${i < 15 ? 'east' : 'west'}`)
    const meta = ['META', 'key;value', 'budget;5', 'vote_type;approval', 'PROJECTS', 'project_id;cost', 'a;3', 'b;4']
    const text = [...meta, 'VOTES', 'voter_id;vote;age;neighborhood;district', ...voters, ''].join('\n')
    assert.equal((await counted('known.pb', 'greedy', { 'known.pb': text })).metrics.groups.length, 6)
})

await report.test('what a change leads to', async () => {
    const { what_if } = await counted('tests/data/participation/play_money.pb', 'mes-cost-add1', {}, ['rule=greedy', 'budget=2000', 'cost:gym=100', 'without=bike'])
    assert.deepEqual(what_if[0].gained, ['gym'])
    assert.deepEqual(what_if[0].lost, ['play', 'lib'])
})

await report.test('the program itself says the same as its commands', async () => {
    const words = ['count', 'tests/data/participation/play_money.pb', '--json', '--explain']
    const { stdout, stderr, status } = spawnSync(program, words, { encoding: 'utf8' })
    assert.deepEqual({ status, stdout, stderr }, await commands.ask(words))
})

await report.test('everything the schema knows has been seen', () => {
    // What is certain of a change is said in one form everywhere, so that any one place shows it.
    const unsure = (place: string) => place.endsWith('.more_than')
    assert.ok([...seen].some(unsure))
    const unseen = places(result_schema).filter((place) => !seen.has(place) && !unsure(place))
    assert.deepEqual(unseen, [])
})

await report.test('a result that is not one is refused', async () => {
    const whole = await counted('tests/data/participation/play_money.pb', 'mes-cost-add1')
    const forged: [string, (result: any) => void][] = [
        ['no winners', (result) => delete result.winners],
        ['a winner that is a number', (result) => (result.winners[0] = 1)],
        ['money with a comma', (result) => (result.spent = '1000,5')],
        ['a phase nobody knows', (result) => (result.rounds[0].phase = 'luck')],
        ['a payment without its fraction', (result) => delete result.rounds[0].share.fraction],
        ['a fingerprint that is none', (result) => (result.ballots_sha256 = 'AB')],
        ['something more', (result) => (result.voters_by_name = {})],
    ]
    for (const [what, forge] of forged) {
        const copy = structuredClone(whole)
        forge(copy)
        assert.ok(!follows_result(copy), what)
    }
})

await report.test('the results that are handed out with the program follow from their ballots', async () => {
    const library = 'demo/drammen/elections'
    const results = readdirSync(library).filter((name) => name.endsWith('.json'))
    assert.ok(results.length > 0)
    for (const name of results) {
        const path = join(library, name)
        const { stdout, status } = await commands.ask(['verify', 'count', path.replace('.json', '.pb'), path, '--quick'])
        assert.equal(status, 0, stdout)
        assert.ok(follows_result(JSON.parse(readFileSync(path, 'utf8'))), `${name}: ${ajv.errorsText(follows_result.errors)}`)
    }
})

commands.close()
report.end()
