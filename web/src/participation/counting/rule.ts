import { format_money, type Money, one_krone } from './money.ts'

export type Method = 'greedy' | 'knapsack' | 'equal-shares' | 'phragmen'
export type Misfit = 'skip' | 'stop'
export type Order = 'score' | 'score-per-cost'
export type Utility = 'cost' | 'cardinality' | 'points'
export type Completion = 'none' | 'add1' | 'add1e' | 'add1u' | 'add1eu' | 'util' | 'add-opt'
export type Comparison = 'none' | 'majority' | 'exclusion'
export type Electorate = 'with-choice' | 'everyone'
export type RankingScore = 'borda' | 'approval'
export type LeftOver = 'saved' | 'to-common'
export type TieBreak = 'lower-cost' | 'more-votes' | 'lot' | 'listed-order' | 'alphabetical'

/// What a council adopts; docs/concepts/counting.md says what each choice means. Methods that are for comparison only, or not in
/// official use, are counted by the program alone: `other_methods`.
export interface Rule {
    method: Method
    misfit: Misfit
    order: Order
    /// In the ballots' own points; projects below never enter.
    score_min: number
    partial_funding: boolean
    utility: Utility
    completion: Completion
    comparison: Comparison
    /// Drop a project if votes/voters < cost/(eligibility × budget); 0: no such rule.
    eligibility: number
    step: Money
    whole_endowment: boolean
    overrun: Misfit
    /// Where all that may enter fits together, all of it is funded.
    fully_funded: boolean
    electorate: Electorate
    ranking: RankingScore
    ranking_top: number
    ties: TieBreak[]
    seed: string
    /// What a pot does not use is saved, or goes to the common pot, which is counted last.
    left_over: LeftOver
}

export const other_methods = ['max-welfare', 'maximin-support', 'cumulative-transfer'] as const

/// As `bypuls count --rule NAME` and files without a rule text mean it: everyone counts, ties by cost, votes and id.
export const plain_rule: Rule = {
    method: 'equal-shares',
    misfit: 'skip',
    order: 'score',
    score_min: 0,
    partial_funding: false,
    utility: 'cost',
    completion: 'none',
    comparison: 'none',
    eligibility: 0,
    step: one_krone,
    whole_endowment: false,
    overrun: 'stop',
    fully_funded: false,
    electorate: 'everyone',
    ranking: 'borda',
    ranking_top: 0,
    ties: ['lower-cost', 'more-votes', 'alphabetical'],
    seed: '',
    left_over: 'saved',
}

/// True for the completions that ask for the step.
export const raises_by_steps = (completion: Completion): boolean => ['add1', 'add1e', 'add1u', 'add1eu'].includes(completion)

function base_name(rule: Rule): string {
    switch (rule.method) {
        case 'greedy':
            return (rule.order === 'score' ? 'greedy' : 'greedy-per-cost') + (rule.misfit === 'stop' ? '-stop' : '')
        case 'knapsack':
            return rule.partial_funding ? 'knapsack-partial' : 'knapsack-discrete'
        case 'phragmen':
            return rule.overrun === 'stop' ? 'phragmen' : 'phragmen-skip'
        case 'equal-shares': {
            const completion = rule.completion === 'none' ? '' : `-${rule.completion}`
            const step = rule.step !== one_krone && raises_by_steps(rule.completion) ? `-step-${format_money(rule.step)}` : ''
            const whole = rule.whole_endowment ? '+whole-shares' : ''
            const comparison = { none: '', majority: '+comparison', exclusion: '+comparison-exclusion' }[rule.comparison]
            return `mes-${rule.utility}${completion}${step}${whole}${comparison}`
        }
    }
}

/// "mes-cost-add1", "greedy-stop-threshold-20": part of every result, with every value that is not a built-in rule's.
export function rule_name(rule: Rule): string {
    const eligibility = rule.eligibility === 0 ? '' : rule.eligibility === 3 ? '+eligibility' : `+eligibility-${rule.eligibility}`
    const threshold = rule.score_min > 0 ? `-threshold-${rule.score_min}` : ''
    const ranking = rule.ranking === 'borda' ? '' : rule.ranking_top > 0 ? `+top-${rule.ranking_top}` : '+approval'
    const left_over = rule.left_over === 'to-common' ? '+left-over-to-common' : ''
    return `${base_name(rule)}${eligibility}${threshold}${ranking}${left_over}${rule.fully_funded ? '+fully-funded' : ''}`
}

function all_builtin_rules(): Rule[] {
    const rules: Rule[] = []
    const add = (changes: Partial<Rule>) => rules.push({ ...plain_rule, ...changes })
    for (const order of ['score', 'score-per-cost'] as const) {
        for (const misfit of ['skip', 'stop'] as const) add({ method: 'greedy', order, misfit })
    }
    for (const partial_funding of [false, true]) add({ method: 'knapsack', partial_funding })
    for (const utility of ['cost', 'cardinality', 'points'] as const) {
        for (const completion of ['none', 'add1', 'add1e', 'add1u', 'add1eu', 'util', 'add-opt'] as const) add({ utility, completion })
        for (const completion of ['add1', 'add1u'] as const) add({ utility, completion, comparison: 'majority' })
        add({ utility, completion: 'add1', comparison: 'majority', eligibility: 3 })
    }
    for (const overrun of ['stop', 'skip'] as const) add({ method: 'phragmen', overrun })
    return rules
}

/// Every variant this counter knows by name, in the program's order.
export const builtin_rules: readonly string[] = all_builtin_rules().map(rule_name)

export const rule_named = (name: string): Rule | undefined => all_builtin_rules().find((rule) => rule_name(rule) === name)

/// Other spellings of built-in rules, each with ours, as the program's command takes them.
const other_names: Readonly<Record<string, string>> = {
    'greedy-skip': 'greedy',
    'greedy-no-skip': 'greedy-stop',
    'greedy-per-cost-skip': 'greedy-per-cost',
    'greedy-per-cost-no-skip': 'greedy-per-cost-stop',
    knapsack: 'knapsack-discrete',
    'mes-cost-none': 'mes-cost',
    'mes-cardinality-none': 'mes-cardinality',
    'mes-points-none': 'mes-points',
    equalshares: 'mes-cost',
    'equalshares/none': 'mes-cost',
    'equalshares/add1': 'mes-cost-add1',
    'equalshares/add1-comparison': 'mes-cost-add1+comparison',
    'phragmen-stop': 'phragmen',
}

/// The name of ours for a name, which is itself where it is one already.
export const our_name = (name: string): string => (Object.hasOwn(other_names, name) ? other_names[name]! : name)

/// The rule in full, as the program prints it into its results.
export function print_rule(rule: Rule): string {
    const quoted = (text: string) => JSON.stringify(text)
    return `# ${rule_name(rule)}
method = ${quoted(rule.method)}
misfit = ${quoted(rule.misfit)}
order = ${quoted(rule.order)}
score_min = ${rule.score_min}
partial_funding = ${rule.partial_funding}
utility = ${quoted(rule.utility)}
completion = ${quoted(rule.completion)}
comparison = ${quoted(rule.comparison)}
eligibility = ${rule.eligibility}
step = ${quoted(format_money(rule.step))}
whole_endowment = ${rule.whole_endowment}
overrun = ${quoted(rule.overrun)}
excess = "greatest-excess"
shortfall = "eliminate-with-transfers"
electorate = ${quoted(rule.electorate)}
ranking = ${quoted(rule.ranking)}
ranking_top = ${rule.ranking_top}
fully_funded = ${rule.fully_funded}
ties = [${rule.ties.map(quoted).join(', ')}]
seed = ${quoted(rule.seed)}
left_over = ${quoted(rule.left_over)}
`
}
