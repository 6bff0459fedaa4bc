import { type Attempt, attempt, refuse } from './fault.ts'
import { parse_money } from './money.ts'
import { other_methods, plain_rule, raises_by_steps, type Rule } from './rule.ts'

/// A rule as a council adopts it: the flat TOML of docs/concepts/counting.md, as far as such a rule needs TOML.
type Value = string | number | boolean | string[]

const tokens = /\s+|#[^\n]*|"(?:[^"\\\n]|\\.)*"|'[^'\n]*'|[A-Za-z0-9_+-]+|[=[\],]/gy

interface Token {
    text: string
    line: number
}

function tokens_of(text: string): Token[] {
    const list: Token[] = []
    let line = 1
    let at = 0
    while (at < text.length) {
        tokens.lastIndex = at
        const found = tokens.exec(text)
        if (!found) refuse('rule-text', { line, column: at - text.lastIndexOf('\n', at - 1) })
        const piece = found[0]
        if (!/^[\s#]/.test(piece)) list.push({ text: piece, line })
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
            refuse('rule-text', { line: token!.line })
        }
    }
    if (text === 'true' || text === 'false') return text === 'true'
    if (/^[+]?\d[\d_]*$/.test(text)) return Number(text.replaceAll('_', ''))
    return refuse('rule-text', { line: token?.line ?? 1 })
}

function read_table(text: string): Map<string, { value: Value; line: number }> {
    const list = tokens_of(text)
    const table = new Map<string, { value: Value; line: number }>()
    let i = 0
    while (i < list.length) {
        const key = list[i]!
        if (list[i + 1]?.text !== '=' || table.has(key.text)) refuse('rule-text', { line: key.line })
        i += 2
        if (list[i]?.text !== '[') {
            table.set(key.text, { value: scalar(list[i++]), line: key.line })
            continue
        }
        const items: string[] = []
        for (++i; list[i]?.text !== ']'; ) {
            items.push(String(scalar(list[i++])))
            if (list[i]?.text === ',') ++i
            else if (list[i]?.text !== ']') refuse('rule-text', { line: list[i]?.line ?? key.line })
        }
        ++i
        table.set(key.text, { value: items, line: key.line })
    }
    return table
}

const choices = {
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

/// A choice that nothing asks for must be what stands for none, as the rule in full has it; a seed needs a lot to draw.
function find_idle(rule: Rule, table: Map<string, { value: Value; line: number }>): void {
    const by = (...methods: Rule['method'][]) => methods.includes(rule.method)
    const shares = by('equal-shares')
    const idle: [string, boolean, Value][] = [
        ['misfit', by('greedy'), 'skip'],
        ['order', by('greedy'), 'score'],
        ['partial_funding', by('knapsack'), false],
        ['utility', shares, 'cost'],
        ['completion', shares, 'none'],
        ['comparison', shares, 'none'],
        ['whole_endowment', shares, false],
        ['overrun', by('phragmen'), 'stop'],
        ['excess', false, 'greatest-excess'],
        ['shortfall', false, 'eliminate-with-transfers'],
        ['ranking_top', rule.ranking === 'approval', 0],
    ]
    for (const [key, asked_for, none] of idle) {
        const given = table.get(key)
        if (given && !asked_for && given.value !== none) refuse('rule-text', { line: given.line })
    }
    if (rule.step !== plain_rule.step && !(shares && raises_by_steps(rule.completion))) refuse('rule-text', { line: table.get('step')?.line ?? 1 })
    if (rule.seed !== '' && !rule.ties.includes('lot')) refuse('rule-text', { line: table.get('seed')?.line ?? 1 })
}

function read_rule(text: string): Rule {
    const table = read_table(text)
    const rule: Rule = { ...plain_rule, electorate: 'with-choice', ties: ['lower-cost', 'more-votes', 'lot'] }
    const into = rule as unknown as Record<string, Value>
    const method = table.get('method')?.value
    for (const [key, { value, line }] of table) {
        const bad = (holds: boolean) => holds || refuse('rule-text', { line })
        if (key === 'method') {
            if ((other_methods as readonly unknown[]).includes(value)) refuse('rule-elsewhere', { line }, { name: String(value) })
            bad(['greedy', 'knapsack', 'equal-shares', 'phragmen'].includes(String(value)))
        } else if (key in choices) {
            bad((choices[key as keyof typeof choices] as readonly unknown[]).includes(value))
            if (key === 'excess' || key === 'shortfall') continue
        } else if (key === 'score_min' || key === 'eligibility' || key === 'ranking_top') {
            bad(typeof value === 'number' && value <= (key === 'score_min' ? 1e12 : 1e6))
        } else if (key === 'partial_funding' || key === 'whole_endowment' || key === 'fully_funded') {
            bad(typeof value === 'boolean')
        } else if (key === 'ties') {
            bad(Array.isArray(value) && value.length > 0 && value.length <= 5 && value.every((reason, at) => reasons.includes(reason) && value.indexOf(reason) === at))
        } else if (key === 'step') {
            const step = typeof value === 'string' ? parse_money(value) : undefined
            bad(typeof step === 'number' && step > 0)
            rule.step = step as number
            continue
        } else {
            bad(key === 'seed' && typeof value === 'string')
        }
        into[key] = value
    }
    if (method === undefined) return refuse('rule-text', { line: 1 })
    find_idle(rule, table)
    return rule
}

export const parse_rule = (text: string): Attempt<Rule> => attempt(() => read_rule(text))
