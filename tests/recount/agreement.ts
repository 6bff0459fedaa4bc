/// The counter that runs in the browser and the program's, written independently, agree on winners, order, ties, payments and rounds:
/// on random elections under every rule, on published elections, and on which files they refuse and where.
///   tools/node tests/recount/agreement.ts [FIRST [LAST]]     only these random elections
import { strict as assert } from 'node:assert'
import { spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { count } from '../../web/src/participation/counting/count.ts'
import type { Election } from '../../web/src/participation/counting/election.ts'
import { figures, priced_share } from '../../web/src/participation/counting/figures.ts'
import { to_text } from '../../web/src/participation/counting/fraction.ts'
import { read_pabulib, read_pabulib_bytes } from '../../web/src/participation/counting/pabulib.ts'
import { read_result, result_json } from '../../web/src/participation/counting/report.ts'
import { builtin_rules, print_rule, type Rule, rule_named } from '../../web/src/participation/counting/rule.ts'
import { program, Report } from '../town/town.ts'
import { Dice, election_json, election_pb, random_election, random_rule } from './random_elections.ts'

const report = new Report('recount_agreement')
const folder = mkdtempSync(join(tmpdir(), 'bypuls-recount-'))

function ask(words: string[]) {
    const { stdout, stderr, status, error } = spawnSync(program, words, { encoding: 'utf8', maxBuffer: 1 << 28 })
    if (error) throw error
    return { stdout, stderr, status }
}

/// Without the figures and remarks, which only the program makes; fractions stand for themselves, and the decimals beside them are near.
function comparable(result: any): unknown {
    const { metrics, losers, margins, remarks, beside, ...rest } = result
    return JSON.parse(JSON.stringify(rest), (_, value) => {
        if (value === null || typeof value !== 'object' || !('fraction' in value)) return value
        const [over, under = '1'] = value.fraction.split('/')
        const quotient = Number((BigInt(over) * 10n ** 30n) / BigInt(under)) / 1e30
        assert.ok(Math.abs(value.value - quotient) <= 1e-9 * Math.abs(quotient), `${value.fraction} is not ${value.value}`)
        return value.fraction
    })
}

/// The figures of the two, to the digits in which the program prints them.
function figures_agree(election: Election, rule: Rule, theirs: any): void {
    const result = count(election, rule)
    assert.ok(result.ok)
    for (const [name, own] of Object.entries(figures(election, result.value))) {
        const [ours, told] = [[own].flat(), [theirs.metrics[name]].flat()]
        assert.equal(ours.length, told.length, name)
        ours.forEach((value, i) => assert.ok(Math.abs(value - told[i]) <= 1e-5 * Math.max(1e-6, Math.abs(value)), `${name}: ${value} is not ${told[i]}`))
    }
    const { prices } = theirs.metrics
    const share = priced_share(election, rule, result.value)
    assert.equal(share ? to_text(share) : undefined, prices.length > 0 && prices[0].holds ? prices[0].share.fraction : undefined, 'priced')
}

function own_result(election: Election, rule: Rule): unknown {
    const result = count(election, rule)
    assert.ok(result.ok, result.ok ? '' : JSON.stringify(result.fault))
    return comparable(result_json(election, rule, result.value))
}

/// The program's results under several rules, each a name or a file.
function program_results(file: string, rules: string[]): any[] {
    const { stdout, stderr, status } = ask(['compare', file, '--rules', rules.join(','), '--json'])
    assert.equal(status, 0, stderr)
    return JSON.parse(stdout)
}

const own_rules: Rule[] = builtin_rules.map((name) => rule_named(name)!)

async function random_agrees(seed: number): Promise<void> {
    const plain = seed % 2 === 0
    const election = random_election(seed)
    const file = join(folder, `election.${plain ? 'pb' : 'json'}`)
    const text = plain ? election_pb(election) : election_json(election)
    writeFileSync(file, text)
    let own = election
    if (plain) {
        const read = read_pabulib(text)
        assert.ok(read.ok, JSON.stringify(read))
        own = read.value.election
    }
    const adopted = [0, 1, 2].map((i) => random_rule(seed * 3 + i))
    const files = adopted.map((rule, i) => {
        const path = join(folder, `rule${i}.toml`)
        writeFileSync(path, print_rule(rule))
        return path
    })
    const theirs = program_results(file, [...builtin_rules, ...files])
    ;[...own_rules, ...adopted].forEach((rule, i) => {
        try {
            assert.deepEqual(own_result(own, rule), comparable(theirs[i]))
            figures_agree(own, rule, theirs[i])
        } catch (difference) {
            throw new Error(`election ${seed}:\n${text}\n${print_rule(rule)}\n${String(difference)}`)
        }
    })
}

const [first, last = first] = process.argv.slice(2).map(Number)
for (let seed = first ?? 1; seed <= (last ?? 200); ++seed) await report.test(`random election ${seed}`, () => random_agrees(seed))

if (first !== undefined) report.end()

await report.test('the made-up vote, and its published result', () => {
    const path = 'tests/data/participation/play_money.pb'
    const read = read_pabulib(readFileSync(path, 'utf8'))
    assert.ok(read.ok && read.value.rule.ok)
    const { stdout } = ask(['count', path, '--json', '--explain'])
    assert.deepEqual(own_result(read.value.election, read.value.rule.value), comparable(JSON.parse(stdout)))
    const claim = read_result(stdout)
    assert.ok(claim.ok && claim.value.rule.ok)
    assert.deepEqual(claim.value.rule.value, read.value.rule.value)
})

await report.test('both refuse the same damaged files, at the same place', () => {
    const whole = readFileSync('tests/data/participation/play_money.pb', 'utf8')
    const path = join(folder, 'damaged.pb')
    let refused = 0
    for (let seed = 1; seed <= 80; ++seed) {
        const dice = new Dice(seed)
        const at = dice.below(whole.length)
        const text = whole.slice(0, at) + dice.pick(['', ';', '"', '\n', ',', 'x', '-1', '9999999999999999', '\r', '0']) + whole.slice(at + dice.below(4))
        writeFileSync(path, text)
        const read = read_pabulib(text)
        const { status, stderr } = ask(['count', path, '--rule', 'greedy', '--json'])
        assert.equal(read.ok, status === 0, `seed ${seed}: ${JSON.stringify(read.ok ? 'read' : read.fault)} against ${stderr}`)
        if (read.ok) continue
        ++refused
        const place = /line (\d+), column (\d+)/.exec(stderr)
        if (place) assert.deepEqual([read.fault.line, read.fault.column], place.slice(1).map(Number), `seed ${seed}: ${read.fault.code} against ${stderr}`)
    }
    assert.ok(refused > 10, `only ${refused} were refused`)
})

await report.test('both remark upon the same ballots', () => {
    const path = join(folder, 'limits.pb')
    const limits = ['min_length;2', 'max_length;2', 'min_sum_cost;6', 'max_sum_cost;9.50', 'max_points;3', 'min_points;2', 'min_sum_points;4', 'max_sum_points;5']
    const ballots = ['1;a;1', '2;a,b;2.5,3', '3;a,b,c;1,1,1', '4;;', '5;c;7', '6;b,b;1,1']
    for (const kind of ['approval', 'cumulative', 'ordinal', 'knapsack']) {
        const text = ['META', 'key;value', 'budget;8', `vote_type;${kind}`, ...limits, 'PROJECTS', 'project_id;cost', 'a;3', 'b;4', 'c;5', 'VOTES', 'voter_id;vote;points', ...ballots, ''].join('\n')
        writeFileSync(path, text)
        const read = read_pabulib(text)
        assert.ok(read.ok, JSON.stringify(read))
        const { stdout } = ask(['count', path, '--rule', 'greedy', '--json'])
        const theirs: string[] = JSON.parse(stdout).remarks
        assert.deepEqual(read.value.remarks.map(({ line }) => line), theirs.map((remark) => Number(/^line (\d+)/.exec(remark)![1])), `${kind}: ${theirs.join('\n')}`)
        assert.ok(theirs.length >= 3, theirs.join('\n'))
    }
})

await report.test('a rule in full is read from META by both', () => {
    const path = join(folder, 'adopted.pb')
    for (let seed = 1; seed <= 20; ++seed) {
        const rule = random_rule(seed)
        const toml = join(folder, 'adopted.toml')
        writeFileSync(toml, print_rule(rule))
        const { stdout, stderr, status } = ask(['count', 'tests/data/participation/play_money.pb', '--rule', toml, '--pb'])
        assert.equal(status, 0, stderr)
        writeFileSync(path, stdout)
        const read = read_pabulib(stdout)
        assert.ok(read.ok && read.value.rule.ok, JSON.stringify(read.ok ? read.value.rule : read))
        assert.deepEqual(read.value.rule.value, rule)
        const again = ask(['verify', 'count', path, path])
        assert.equal(again.status, 0, again.stdout + again.stderr)
    }
})

/// Published elections, where the shared data is there.
const shared = '../shared/data/participatory_budgeting/pabulib'
if (!existsSync(shared)) report.skip('published elections', `${shared} is not here`)
for (const name of existsSync(shared) ? readdirSync(shared).filter((name) => name.endsWith('.pb')).sort() : []) {
    await report.test(name, () => {
        const path = join(shared, name)
        const read = read_pabulib_bytes(readFileSync(path))
        assert.ok(read.ok, JSON.stringify(read))
        const { election, rule } = read.value
        const own = ask(['count', path, '--json'])
        assert.equal(rule.ok, own.status === 0, own.stderr)
        if (rule.ok) assert.deepEqual(own_result(election, rule.value), comparable(JSON.parse(own.stdout)))
        // Of the larger ones some take a minute each under raised shares.
        if (statSync(path).size > 64_000) return
        const rules = ['greedy-stop', 'mes-cost', 'mes-cost-add1', 'mes-cardinality-util', 'phragmen']
        program_results(path, rules).forEach((theirs, i) => assert.deepEqual(own_result(election, rule_named(rules[i]!)!), comparable(theirs), rules[i]))
    })
}
rmSync(folder, { recursive: true, force: true })
report.end()
