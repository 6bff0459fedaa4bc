/// The counter that runs in the browser and the program's, written independently, agree on winners, order, ties, payments, rounds, figures
/// and how close it was: on random elections under every rule, on published elections, and on which files they refuse and where.
///   tools/node tests/recount/agreement.ts [FIRST [LAST]]     only these random elections
import { strict as assert } from 'node:assert'
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { isMainThread } from 'node:worker_threads'
import { count_beside } from '../../web/src/participation/counting/beside.ts'
import { count } from '../../web/src/participation/counting/count.ts'
import { closeness } from '../../web/src/participation/counting/distance.ts'
import type { Election } from '../../web/src/participation/counting/election.ts'
import { figures } from '../../web/src/participation/counting/figures.ts'
import type { Fault } from '../../web/src/participation/counting/fault.ts'
import { read_pabulib, read_pabulib_bytes } from '../../web/src/participation/counting/pabulib.ts'
import { read_result, type ReportParts, result_json } from '../../web/src/participation/counting/report.ts'
import type { CountResult } from '../../web/src/participation/counting/result.ts'
import { builtin_rules, print_rule, type Rule, rule_named } from '../../web/src/participation/counting/rule.ts'
import { parse_rule } from '../../web/src/participation/counting/rule_text.ts'
import type { VoterGroup } from '../../web/src/participation/counting/voter_groups.ts'
import { Report } from '../town/town.ts'
import { agree, type Tally } from './closeness.ts'
import type { Commands } from './commands.ts'
import { do_jobs, type Job } from './jobs.ts'
import { Dice, election_json, election_pb, random_election, random_rule, with_pots } from './random_elections.ts'

/// Figures are printed in six digits. Elsewhere numbers are whole, or stand beside the fraction that says it exactly.
function near(a: number, b: number, digits: number): boolean {
    return Math.abs(a - b) <= digits * Math.max(Math.abs(a), Math.abs(b)) + digits / 1000
}

/// Says where two results differ, if they do; `path` is "rounds[2].share".
function same(ours: any, theirs: any, path = ''): void {
    if (typeof ours === 'number' && typeof theirs === 'number') {
        const printed = path.includes('metrics.') ? 1e-5 : 1e-9
        return assert.ok(near(ours, theirs, printed), `${path}: ${ours} is not ${theirs}`)
    }
    if (typeof ours !== 'object' || typeof theirs !== 'object' || ours === null || theirs === null) return assert.equal(ours, theirs, `${path}: ${ours} is not ${theirs}`)
    assert.deepEqual(Object.keys(ours).sort(), Object.keys(theirs).sort(), path)
    for (const key of Object.keys(ours)) same(ours[key], theirs[key], Array.isArray(ours) ? `${path}[${key}]` : path === '' ? key : `${path}.${key}`)
}

/// Remarks are in words, which each has its own of. How close it was is compared by itself.
function comparable({ remarks, losers, margins, not_applicable, ...rest }: any): unknown {
    return rest
}

const as_json = (of: Election, rule: Rule, result: CountResult, parts: ReportParts): any => JSON.parse(JSON.stringify(result_json(of, rule, result, parts)))

function counted(election: Election, rule: Rule): CountResult {
    const result = count(election, rule)
    assert.ok(result.ok, result.ok ? '' : JSON.stringify(result.fault))
    return result.value
}

function result_agrees(election: Election, rule: Rule, theirs: any, groups: readonly VoterGroup[] = []): CountResult {
    const result = counted(election, rule)
    same(as_json(election, rule, result, { figures: figures(election, rule, result, groups) }), comparable(theirs))
    return result
}

/// With everything that --explain tells. Gives how often the two found the same distance to the letter.
function explanation_agrees(election: Election, rule: Rule, theirs: any, groups: readonly VoterGroup[] = []): Tally {
    const result = counted(election, rule)
    const beside = count_beside(election, rule, result, groups)
    assert.ok(beside.ok)
    const close = new Map(election.projects.flatMap((_, project) => (result.votes[project] === 0 ? [] : [[project, closeness(election, rule, result, project)] as const])))
    const ours = as_json(election, rule, result, { figures: figures(election, rule, result, groups), closeness: close, beside: beside.value })
    same(comparable(ours), comparable(theirs))
    const tally = { same: 0, other: 0 }
    agree(ours, theirs, tally)
    return tally
}

async function asked(commands: Commands, words: string[], files: Record<string, string> = {}): Promise<any> {
    const { stdout, stderr, status } = await commands.ask(words, files)
    assert.equal(status, 0, stderr)
    return JSON.parse(stdout)
}

const own_rules: Rule[] = builtin_rules.map((name) => rule_named(name)!)

/// So many have everything explained too, by one rule each: that takes some thousands of counts.
const explained_every = 8

async function random_agrees(seed: number, commands: Commands): Promise<void> {
    const plain = seed % 2 === 0
    const election = seed % 4 < 2 ? random_election(seed) : with_pots(random_election(seed), seed)
    const name = `election.${plain ? 'pb' : 'json'}`
    const text = plain ? election_pb(election) : election_json(election)
    let own = election
    if (plain) {
        const read = read_pabulib(text)
        assert.ok(read.ok, JSON.stringify(read))
        own = read.value.election
    }
    const adopted = [0, 1, 2].map((i) => random_rule(seed * 3 + i))
    const files = { [name]: text, ...Object.fromEntries(adopted.map((rule, i) => [`rule${i}.toml`, print_rule(rule)])) }
    const rules = [...own_rules, ...adopted]
    const theirs = await asked(commands, ['compare', name, '--rules', [...builtin_rules, ...adopted.map((_, i) => `rule${i}.toml`)].join(','), '--json'], files)
    rules.forEach((rule, i) => {
        try {
            result_agrees(own, rule, theirs[i])
        } catch (difference) {
            throw new Error(`election ${seed}:\n${text}\n${print_rule(rule)}\n${String(difference)}`)
        }
    })
    if (seed % explained_every !== 0) return
    const rule = rules[(seed * 7) % rules.length]!
    const explained = await asked(commands, ['count', name, '--rule', 'one.toml', '--json', '--explain'], { ...files, 'one.toml': print_rule(rule) })
    const tally = explanation_agrees(own, rule, explained)
    assert.ok(tally.other * 20 <= tally.same + 20, `election ${seed}, ${rule.method}: ${JSON.stringify(tally)}`)
}

const [first, last = first] = process.argv.slice(2).map(Number)
const random_jobs: Job[] = []
for (let seed = first ?? 1; seed <= (last ?? 200); ++seed) random_jobs.push({ name: `random election ${seed}`, run: (commands) => random_agrees(seed, commands) })

const made_up = 'tests/data/participation/play_money.pb'

async function made_up_agrees(commands: Commands): Promise<void> {
    const read = read_pabulib(readFileSync(made_up, 'utf8'))
    assert.ok(read.ok && read.value.rule.ok)
    const { stdout } = await commands.ask(['count', made_up, '--json', '--explain'])
    assert.equal(explanation_agrees(read.value.election, read.value.rule.value, JSON.parse(stdout)).other, 0)
    const claim = read_result(stdout)
    assert.ok(claim.ok && claim.value.rule.ok)
    assert.deepEqual(claim.value.rule.value, read.value.rule.value)
}

/// What the page and the program say of a fault, from the messages that both have.
const languages = ['nb', 'nn', 'en'] as const
const messages = Object.fromEntries(languages.map((language) => [language, JSON.parse(readFileSync(`messages/recount.${language}.json`, 'utf8')) as Record<string, string>]))

function sentence(language: string, { code, given = {} }: Fault): string {
    const message = messages[language]![`recount.fault.${code.replaceAll('-', '_')}`]!
    return message.replace(/\{([a-z_]+)\}/g, (whole, name: string) => given[name] ?? whole)
}

const places = { nb: 'linje {l}, kolonne {c}: ', nn: 'linje {l}, kolonne {c}: ', en: 'line {l}, column {c}: ' }

/// The program tells the same in every language, at the same place; it may tell of more.
async function tells_the_same(commands: Commands, fault: Fault, words: string[], files: Record<string, string>): Promise<void> {
    for (const language of languages) {
        const { stderr, status } = await commands.ask([...words, '--language', language], files)
        const place = fault.line === undefined ? '' : places[language].replace('{l}', String(fault.line)).replace('{c}', String(fault.column))
        assert.equal(status, 2, stderr)
        assert.ok(stderr.split('\n').some((line) => line.endsWith(place + sentence(language, fault))), `${JSON.stringify(fault)} against ${stderr}`)
    }
}

async function faults_agree(commands: Commands): Promise<void> {
    const head = 'META\nkey;value\nbudget;9\nvote_type;approval\nrule;greedy\n'
    const projects = 'PROJECTS\nproject_id;cost\na;3\nb;4\n'
    const votes = 'VOTES\nvoter_id;vote\n1;a\n'
    const points = head.replace('approval', 'cumulative')
    const files = [
        'hello', 'META\nkey;value\n', `${head}${projects}${projects}`, `${head}PROJECTS\nproject_id;cost\na;"3\n`, `${head}${projects}c;3;4\n${votes}`,
        `${head}PROJECTS\n${'c;'.repeat(1001)}d\n`, `META\nkey;value\n${projects}${votes}`, `${head}${projects}c;x\n${votes}`, `${head}${projects}c;99999999999999\n${votes}`,
        `${head}${projects}c;1.234\n${votes}`, `${head.replace('approval', 'loud')}${projects}${votes}`, `${head}PROJECTS\nproject;price\na;1\n${votes}`,
        `${head}${projects}VOTES\nvoter_id\n1\n`, `${head}invalid_ballots;maybe\n${projects}${votes}`, `${points}${projects}${votes}`, `${head}${projects}a;4\n${votes}`, `${head}PROJECTS\nproject_id;cost;selected\na;3;5\n${votes}`,
        `${head}PROJECTS\nproject_id;cost;votes\na;3;x\n${votes}`, `${head}PROJECTS\nproject_id;cost;score\na;3;x\n${votes}`, `${points}${projects}VOTES\nvoter_id;vote;points\n1;a;x\n`,
        `${points}${projects}VOTES\nvoter_id;vote;points\n1;a;1,2\n`, `${head}${projects}${votes}2;c\n`, `${head}${projects}VOTES\nvoter_id;vote;weight\n1;a;0\n`,
        `${head.replace('approval', 'choose-1')}${projects}${votes}2;a,b\n`, `${head}pots;north\n${projects}${votes}`, `${head}PROJECTS\nproject_id;cost;pot\na;3;north\n${votes}`,
    ]
    for (const text of files) {
        const read = read_pabulib(text)
        if (read.ok) assert.fail(`read: ${text}`)
        await tells_the_same(commands, read.fault, ['count', 'wrong.pb'], { 'wrong.pb': text })
    }
    const rules = [
        'misfit = "skip"', 'method = "luck"', 'method = "greedy"\nscore_min = "x"', 'method = "greedy"\nfully_funded = 1', 'method = "greedy"\nstep = 1', 'method = "greedy"\nties = 1',
        'method = "greedy"\nties = ["lot", "luck"]', 'method = "greedy"\nties = ["lot", "lot"]', 'method = "greedy"\nseed = 1', 'method = "greedy"\nties = ["more-votes"]\nseed = "1"',
        'method = "greedy"\noverrun = "skip"', 'method = "equal-shares"\nstep = "2"', 'method = "greedy"\nutility = "points"', 'method = "greedy"\nranking_top = 2', 'method = "greedy"\nsomewhat = 3',
    ]
    for (const text of rules) {
        const read = parse_rule(text)
        if (read.ok) assert.fail(`read: ${text}`)
        await tells_the_same(commands, read.fault, ['count', 'fine.pb', '--rule', 'rule.toml'], { 'fine.pb': head + projects + votes, 'rule.toml': text })
    }
    const other = head.replace('rule;greedy', 'rule;greedy\nrule.method;"""phragmen"""')
    const read = read_pabulib(other + projects + votes)
    assert.ok(read.ok && !read.value.rule.ok)
    await tells_the_same(commands, read.value.rule.fault, ['count', 'other.pb'], { 'other.pb': other + projects + votes })
}

async function damage_agrees(commands: Commands): Promise<void> {
    const whole = readFileSync(made_up, 'utf8')
    let refused = 0
    for (let seed = 1; seed <= 80; ++seed) {
        const dice = new Dice(seed)
        const at = dice.below(whole.length)
        const text = whole.slice(0, at) + dice.pick(['', ';', '"', '\n', ',', 'x', '-1', '9999999999999999', '\r', '0']) + whole.slice(at + dice.below(4))
        const read = read_pabulib(text)
        const { status, stderr } = await commands.ask(['count', 'damaged.pb', '--rule', 'greedy', '--json'], { 'damaged.pb': text })
        assert.equal(read.ok, status === 0, `seed ${seed}: ${JSON.stringify(read.ok ? 'read' : read.fault)} against ${stderr}`)
        if (read.ok) continue
        ++refused
        const place = /line (\d+), column (\d+)/.exec(stderr)
        if (place) assert.deepEqual([read.fault.line, read.fault.column], place.slice(1).map(Number), `seed ${seed}: ${read.fault.code} against ${stderr}`)
        assert.ok(stderr.includes(sentence('en', read.fault)), `seed ${seed}: ${JSON.stringify(read.fault)} against ${stderr}`)
    }
    assert.ok(refused > 10, `only ${refused} were refused`)
}

async function remarks_agree(commands: Commands): Promise<void> {
    const limits = ['min_length;2', 'max_length;2', 'min_sum_cost;6', 'max_sum_cost;9.50', 'max_points;3', 'min_points;2', 'min_sum_points;4', 'max_sum_points;5']
    const ballots = ['1;a;1', '2;a,b;2.5,3', '3;a,b,c;1,1,1', '4;;', '5;c;7', '6;b,b;1,1']
    // A limit that cannot be read is none: then a knapsack may cost more than the budget.
    const unreadable = limits.map((line) => (line.startsWith('max_sum_cost') ? 'max_sum_cost;much' : line))
    const bare = ['min_length;2']
    const files = ['approval', 'cumulative', 'ordinal', 'knapsack'].flatMap((kind) => [limits, unreadable, bare].map((given) => ({ kind, given })))
    const line_of = (remark: string): number | undefined => ((found) => (found ? Number(found[1]) : undefined))(/^line (\d+)/.exec(remark))
    for (const { kind, given } of files) {
        const text = ['META', 'key;value', 'budget;8', `vote_type;${kind}`, ...given, 'PROJECTS', 'project_id;cost', 'a;3', 'b;4', 'c;5', 'VOTES', 'voter_id;vote;points', ...ballots, ''].join('\n')
        const read = read_pabulib(text)
        assert.ok(read.ok, JSON.stringify(read))
        const theirs: string[] = (await asked(commands, ['count', 'limits.pb', '--rule', 'greedy', '--json'], { 'limits.pb': text })).remarks
        assert.deepEqual(read.value.remarks.map(({ line }) => line), theirs.map(line_of), `${kind}: ${theirs.join('\n')}`)
        assert.ok(theirs.length >= 3, theirs.join('\n'))
        // The same ballots, but refused: fewer are counted, and both tell of the same.
        const strict = text.replace('PROJECTS', 'invalid_ballots;refuse\nPROJECTS')
        const own = read_pabulib(strict)
        assert.ok(own.ok, JSON.stringify(own))
        const result = await asked(commands, ['count', 'strict.pb', '--rule', 'greedy', '--json'], { 'strict.pb': strict })
        result_agrees(own.value.election, rule_named('greedy')!, result)
        assert.deepEqual(own.value.remarks.map(({ line }) => line), (result.remarks as string[]).map(line_of), `${kind}: ${result.remarks}`)
        assert.ok(own.value.election.ballots.counts.reduce((sum, count) => sum + count, 0) < ballots.length)
    }
}

/// Names that say a default out loud mean the same rule to both, in a file as on the command line.
async function names_agree(commands: Commands): Promise<void> {
    for (const name of ['greedy-skip', 'greedy-no-skip', 'greedy-per-cost-skip', 'greedy-per-cost-no-skip', 'knapsack', 'mes-cost-none', 'mes-cardinality-none', 'mes-points-none', 'equalshares', 'equalshares/add1', 'phragmen-stop']) {
        const text = `META\nkey;value\nbudget;8\nvote_type;approval\nrule;${name}\nPROJECTS\nproject_id;cost\na;3\nb;4\nVOTES\nvoter_id;vote\n1;a\n2;a,b\n`
        const read = read_pabulib(text)
        assert.ok(read.ok && read.value.rule.ok, name)
        result_agrees(read.value.election, read.value.rule.value, await asked(commands, ['count', 'named.pb', '--json'], { 'named.pb': text }))
    }
}

async function pots_are_refused(commands: Commands): Promise<void> {
    const file = (pots: string, pot: string) => `META\nkey;value\nbudget;8\nvote_type;approval\npots;${pots}\nPROJECTS\nproject_id;cost;pot\na;3;${pot}\nVOTES\nvoter_id;vote\n1;a\n`
    const north = '[{"name": "north", "budget": "5"}]'
    const cases: [pots: string, pot: string, fine: boolean][] = [
        [north, 'north', true], [north, '', true], [north, 'south', false], ['north', '', false], ['{}', '', false], ['[{"name": "north"}]', '', false],
        ['[{"name": "north", "budget": 5}]', '', false], ['[{"name": "", "budget": "5"}]', '', false], ['[{"name": "a", "budget": "5", "cost": "1"}]', '', false],
        ['[{"name": "a", "budget": "5"}, {"name": "a", "budget": "6"}]', '', false], ['[{"name": "a", "budget": "-5"}]', '', false], ['[null]', '', false], ['[]', '', true],
    ]
    for (const [pots, pot, fine] of cases) {
        const text = file(pots, pot)
        const { status, stderr } = await commands.ask(['count', 'pots.pb', '--rule', 'greedy', '--json'], { 'pots.pb': text })
        assert.deepEqual([read_pabulib(text).ok, status === 0], [fine, fine], `${pots}, ${pot}: ${stderr}`)
    }
}

async function rules_in_full_agree(commands: Commands): Promise<void> {
    for (let seed = 1; seed <= 20; ++seed) {
        const rule = random_rule(seed)
        const { stdout, stderr, status } = await commands.ask(['count', made_up, '--rule', 'adopted.toml', '--pb'], { 'adopted.toml': print_rule(rule) })
        assert.equal(status, 0, stderr)
        const read = read_pabulib(stdout)
        assert.ok(read.ok && read.value.rule.ok, JSON.stringify(read.ok ? read.value.rule : read))
        assert.deepEqual(read.value.rule.value, rule)
        const again = await commands.ask(['verify', 'count', 'adopted.pb', 'adopted.pb'], { 'adopted.pb': stdout })
        assert.equal(again.status, 0, again.stdout + again.stderr)
    }
}

async function voters_agree(commands: Commands): Promise<void> {
    const ages = ['17', '18', '29', '44', '45', '74', '75', '101', '-3', ' 30 ', 'unknown', '30.5', '99999999999', '', '+5']
    const places = ['Fjell', 'Åssiden', 'fjell', 'Zoo', '', 'Østsiden']
    for (let seed = 1; seed <= 20; ++seed) {
        const dice = new Dice(seed)
        const rows = Array.from({ length: 20 + dice.below(200) }, (_, i) => {
            const vote = ['a', 'b', 'a,b', '', 'c'][dice.below(5)]!
            return `${i};${vote};${ages[dice.below(1 + dice.below(ages.length))]};${places[dice.below(1 + dice.below(places.length))]};${dice.below(2)};${1 + dice.below(3)}`
        })
        const text = ['META', 'key;value', 'budget;8', 'vote_type;approval', 'PROJECTS', 'project_id;cost', 'a;3', 'b;4', 'c;5', 'VOTES', 'voter_id;vote;age;neighborhood;district;weight', ...rows, ''].join('\n')
        const read = read_pabulib(text)
        assert.ok(read.ok, JSON.stringify(read))
        const theirs = await asked(commands, ['count', 'voters.pb', '--rule', 'greedy', '--json'], { 'voters.pb': text })
        result_agrees(read.value.election, rule_named('greedy')!, theirs, read.value.groups)
    }
}

/// Published elections, where the shared data is there.
const shared = '../shared/data/participatory_budgeting/pabulib'

async function published_agrees(path: string, commands: Commands): Promise<void> {
    const read = read_pabulib_bytes(readFileSync(path))
    assert.ok(read.ok, JSON.stringify(read))
    const { election, rule, groups } = read.value
    const { stdout, stderr, status } = await commands.ask(['count', path, '--json'])
    assert.equal(rule.ok, status === 0, stderr)
    if (rule.ok) result_agrees(election, rule.value, JSON.parse(stdout), groups)
    // Of the larger ones some take a minute each under raised shares.
    if (statSync(path).size > 64_000) return
    const rules = ['greedy-stop', 'mes-cost', 'mes-cost-add1', 'mes-cardinality-util', 'phragmen']
    const theirs = await asked(commands, ['compare', path, '--rules', rules.join(','), '--json'])
    rules.forEach((name, i) => result_agrees(election, rule_named(name)!, theirs[i], groups))
}

function published(): Job[] {
    if (!existsSync(shared)) return []
    const paths = readdirSync(shared).filter((name) => name.endsWith('.pb')).map((name) => join(shared, name))
    // The longest first, so that both threads end together.
    const by_size = paths.map((path) => ({ path, size: statSync(path).size })).sort((a, b) => b.size - a.size)
    return by_size.map(({ path }) => ({ name: path, run: (commands) => published_agrees(path, commands) }))
}

const all_jobs: Job[] = [
    ...published(),
    ...random_jobs,
    { name: 'the made-up vote, explained, and its published result', run: made_up_agrees },
    { name: 'both refuse the same damaged files, at the same place', run: damage_agrees },
    { name: 'both tell the same of what is wrong, in every language', run: faults_agree },
    { name: 'both remark upon the same ballots', run: remarks_agree },
    { name: 'both refuse the same pots', run: pots_are_refused },
    { name: 'both know the other names of rules', run: names_agree },
    { name: 'a rule in full is read from META by both', run: rules_in_full_agree },
    { name: 'both tell the same of the voters', run: voters_agree },
]

const report = new Report('recount_agreement')
if (isMainThread && !existsSync(shared)) report.skip('published elections', `${shared} is not here`)
await do_jobs(import.meta.filename, first === undefined ? all_jobs : random_jobs, report)
if (isMainThread) report.end()
