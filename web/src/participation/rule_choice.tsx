import type { Words } from '../words/words.ts'
import { type Rule, rule_name } from './counting/rule.ts'

/// Rules that a council may have adopted, or that are worth a comparison. The program knows more by name.
export const offered_rules = [
    'greedy', 'greedy-stop', 'greedy-per-cost', 'knapsack-discrete', 'mes-cost', 'mes-cost-add1', 'mes-cost-add1u', 'mes-cost-add1e', 'mes-cost-util',
    'mes-cost-add1+comparison', 'mes-cardinality-add1u', 'mes-points-add1u', 'phragmen',
]

/// "Like andeler, andelene heves (mes-cost-add1)"; a name alone where there are no words for it. `by_points`: the ballots are counted in points.
export function rule_in_words(words: Words, rule: Rule, by_points = false): string {
    const name = rule_name(rule)
    const base = name.replace(/-threshold-\d+$/, '')
    if (!offered_rules.includes(base)) return name
    const key = `recount.rule.${base.replace(/[-+]/g, '_')}`
    return `${words.lookup(by_points && rule.method === 'greedy' ? `${key}_points` : key)} (${name})`
}

export interface RuleOption {
    value: string
    text: string
}

export function RuleChoice({ words, options, chosen, choose }: { words: Words; options: RuleOption[]; chosen: string; choose: (value: string) => void }) {
    return (
        <div className="ds-field">
            <label className="ds-label" data-weight="medium" htmlFor="recount-rule">
                {words.say('recount.rule_label')}
            </label>
            <select className="ds-input" id="recount-rule" value={chosen} onChange={(event) => choose(event.target.value)}>
                {chosen === '' && <option value="">{words.say('recount.rule_choose')}</option>}
                {options.map(({ value, text }) => (
                    <option key={value} value={value}>
                        {text}
                    </option>
                ))}
            </select>
        </div>
    )
}
