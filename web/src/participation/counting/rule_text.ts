import { type Attempt, attempt, beginning, refuse } from './fault.ts'
import { parse_money } from './money.ts'
import { other_methods, plain_rule, raises_by_steps, type Rule } from './rule.ts'

/// A rule as a council adopts it: the flat TOML of docs/concepts/counting.md, as far as such a rule needs TOML.
type Value = string | number | boolean | string[]

const tokens = /\s+|#[^\n]*|"(?:[^"\\\n]|\\.)*"|'[^'\n]*'|[A-Za-z0-9_+-]+|[=[\],]/gy

interface Token {
    text: string
    line: number
    column: number
}

/// A value with its place.
interface Given {
    value: Value
    line: number
    column: number
    /// Of a list: where its items stand.
    items?: Token[]
}

const place = ({ line, column }: { line: number; column: number }) => ({ line, column })

function tokens_of(text: string): Token[] {
    const list: Token[] = []
    let line = 1
    let at = 0
    while (at < text.length) {
        tokens.lastIndex = at
        const found = tokens.exec(text)
        const column = at === 0 ? 1 : at - text.lastIndexOf('\n', at - 1)
        if (!found) refuse('rule-text', { line, column })
        const piece = found[0]
        if (!/^[\s#]/.test(piece)) list.push({ text: piece, line, column })
        line += piece.split('\n').length - 1
        at += piece.length
    }
    return list
}

function scalar(token: Token | undefined): string | number | boolean {
    const text = token?.text ?? ''
    if (text.startsWith("'")) return text.slice(1, -1)
    if (text.startsWith('"')) {
        try {
            return JSON.parse(text.replace(/\\U([0-9A-Fa-f]{8})/g, (_, hex: string) => String.fromCodePoint(Number.parseInt(hex, 16)))) as string
        } catch {
            refuse('rule-text', place(token!))
        }
    }
    if (text === 'true' || text === 'false') return text === 'true'
    if (/^[+]?\d[\d_]*$/.test(text)) return Number(text.replaceAll('_', ''))
    return refuse('rule-text', token ? place(token) : { line: 1, column: 1 })
}

function read_table(text: string): Map<string, Given> {
    const list = tokens_of(text)
    const table = new Map<string, Given>()
    let i = 0
    while (i < list.length) {
        const key = list[i]!
        if (list[i + 1]?.text !== '=' || table.has(key.text)) refuse('rule-text', place(key))
        i += 2
        const begins = list[i]
        if (begins?.text !== '[') {
            table.set(key.text, { value: scalar(begins ?? refuse('rule-text', place(key))), ...place(list[i++]!) })
            continue
        }
        const items: Token[] = []
        for (++i; list[i]?.text !== ']'; ) {
            items.push(list[i] ?? refuse('rule-text', place(begins)))
            ++i
            if (list[i]?.text === ',') ++i
            else if (list[i]?.text !== ']') refuse('rule-text', place(list[i] ?? begins))
        }
        ++i
        table.set(key.text, { value: items.map((item) => String(scalar(item))), ...place(begins), items })
    }
    return table
}

const choices = {
    method: ['greedy', 'knapsack', 'max-welfare', 'equal-shares', 'phragmen', 'maximin-support', 'cumulative-transfer'],
    misfit: ['skip', 'stop'],
    order: ['score', 'score-per-cost'],
    utility: ['cost', 'cardinality', 'points'],
    completion: ['none', 'add1', 'add1e', 'add1u', 'add1eu', 'util', 'add-opt'],
    comparison: ['none', 'majority', 'exclusion'],
    overrun: ['skip', 'stop'],
    excess: ['greatest-excess', 'greatest-support-per-cost'],
    shortfall: ['eliminate-with-transfers', 'minimal-transfers'],
    electorate: ['with-choice', 'everyone'],
    ranking: ['borda', 'approval'],
    left_over: ['saved', 'to-common'],
} as const
const reasons = ['lower-cost', 'more-votes', 'lot', 'listed-order', 'alphabetical']

const one_of = (key: string, known: readonly string[], at: { line: number; column: number }): never => refuse('rule-one-of', place(at), { key, choices: known.join(', ') })

/// A choice that nothing asks for must be what stands for none, as the rule in full has it; a seed needs a lot to draw.
function find_idle(rule: Rule, table: Map<string, Given>): void {
    const by = (method: Rule['method']) => rule.method === method
    const shares = by('equal-shares')
    const steps = shares && raises_by_steps(rule.completion)
    const method = (...names: string[]) => ({ other: 'method', values: names.join(' / ') })
    const idle: [key: string, asked_for: boolean, none: Value, where: { other: string; values: string }][] = [
        ['misfit', by('greedy'), 'skip', method('greedy')],
        ['order', by('greedy'), 'score', method('greedy')],
        ['partial_funding', by('knapsack'), false, method('knapsack')],
        ['utility', shares, 'cost', method('equal-shares', 'cumulative-transfer')],
        ['completion', shares, 'none', method('equal-shares')],
        ['comparison', shares, 'none', method('equal-shares')],
        ['whole_endowment', shares, false, method('equal-shares')],
        ['step', steps || rule.step === plain_rule.step, '', { other: 'completion', values: 'add1 / add1e / add1u / add1eu' }],
        ['overrun', by('phragmen'), 'stop', method('phragmen', 'maximin-support')],
        ['excess', false, 'greatest-excess', method('cumulative-transfer')],
        ['shortfall', false, 'eliminate-with-transfers', method('cumulative-transfer')],
        ['ranking_top', rule.ranking === 'approval', 0, { other: 'ranking', values: 'approval' }],
    ]
    for (const [key, asked_for, none, where] of idle) {
        const given = table.get(key)
        if (given && !asked_for && given.value !== none) refuse('rule-idle', place(given), { key, ...where })
    }
}

function read_ties({ value, items, ...at }: Given): void {
    if (!Array.isArray(value) || value.length === 0 || value.length > 5) return refuse('rule-ties', place(at))
    value.forEach((reason, i) => {
        if (!items![i]!.text.match(/^["']/) || !reasons.includes(reason)) one_of('ties', reasons, items![i]!)
        if (value.indexOf(reason) !== i) refuse('rule-tie-twice', place(items![i]!), { reason })
    })
}

function read_rule(text: string): Rule {
    const table = read_table(text)
    const rule: Rule = { ...plain_rule, electorate: 'with-choice', ties: ['lower-cost', 'more-votes', 'lot'] }
    const into = rule as unknown as Record<string, Value>
    if (!table.has('method')) return refuse('rule-no-method', { line: 1, column: 1 })
    for (const [key, given] of table) {
        const { value } = given
        const at = place(given)
        if (key in choices) {
            const known = choices[key as keyof typeof choices]
            if (!(known as readonly unknown[]).includes(value)) one_of(key, known, at)
            if (key === 'method' && (other_methods as readonly unknown[]).includes(value)) refuse('rule-elsewhere', at, { name: String(value) })
            if (key === 'excess' || key === 'shortfall') continue
        } else if (key === 'score_min' || key === 'eligibility' || key === 'ranking_top') {
            const to = key === 'score_min' ? 1e12 : 1e6
            if (typeof value !== 'number' || value > to) refuse('rule-number', at, { key, from: '0', to: String(to) })
        } else if (key === 'partial_funding' || key === 'whole_endowment' || key === 'fully_funded') {
            if (typeof value !== 'boolean') refuse('rule-yes-no', at, { key })
        } else if (key === 'ties') {
            read_ties(given)
        } else if (key === 'step') {
            const step = typeof value === 'string' ? parse_money(value) : undefined
            rule.step = typeof step === 'number' && step > 0 ? step : refuse('rule-amount', at, { key })
            continue
        } else if (key !== 'seed') {
            refuse('rule-unknown-key', at, { key: beginning(key, 60) })
        } else if (typeof value !== 'string') {
            refuse('rule-seed', at)
        }
        into[key] = value
    }
    if (rule.seed !== '' && !rule.ties.includes('lot')) refuse('rule-seed-idle', place(table.get('seed')!))
    find_idle(rule, table)
    return rule
}

export const parse_rule = (text: string): Attempt<Rule> => attempt(() => read_rule(text))
