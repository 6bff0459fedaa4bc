import { count } from './count.ts'
import type { Election } from './election.ts'
import type { Attempt } from './fault.ts'
import { type Figures, figures } from './figures.ts'
import type { CountResult } from './result.ts'
import { type Rule, rule_name } from './rule.ts'
import type { VoterGroup } from './voter_groups.ts'

/// The same ballots by another rule, with all else that the adopted rule says as it is.
export interface Beside {
    rule: Rule
    result: CountResult
    figures: Figures
    /// Win then, and no longer win then; ascending.
    gained: number[]
    lost: number[]
}

/// Greedy and Equal Shares (cost, add1u) beside the adopted rule, but for the one that it is itself.
export function count_beside(
    election: Election,
    rule: Rule,
    result: CountResult,
    groups: readonly VoterGroup[] = [],
    progress?: (steps: number) => void,
): Attempt<Beside[]> {
    const greedy: Rule = { ...rule, method: 'greedy', order: 'score', misfit: 'skip', comparison: 'none' }
    const shares: Rule = { ...greedy, method: 'equal-shares', utility: 'cost', completion: 'add1u' }
    const beside: Beside[] = []
    for (const other of [greedy, shares]) {
        if (rule_name(other) === rule_name(rule)) continue
        const counted = count(election, other, progress ? { progress } : {})
        if (!counted.ok) return counted
        const [before, after] = [new Set(result.winners), new Set(counted.value.winners)]
        beside.push({
            rule: other,
            result: counted.value,
            figures: figures(election, other, counted.value, groups),
            gained: [...after].filter((project) => !before.has(project)).sort((a, b) => a - b),
            lost: [...before].filter((project) => !after.has(project)).sort((a, b) => a - b),
        })
    }
    return { ok: true, value: beside }
}
