import type { Counted, Summary } from './protocol.ts'
import { type Claim, type Difference, first_difference } from './counting/report.ts'
import type { CountResult } from './counting/result.ts'
import { type Rule, rule_name } from './counting/rule.ts'
import type { Money } from './counting/money.ts'

/// Whether a published outcome follows from the ballots.
export interface Verdict {
    source: 'file' | 'result'
    follows: boolean
    /// The published outcome is by another rule than this count, so nothing can be said.
    incomparable: boolean
    only_theirs: string[]
    only_ours: string[]
    other_order: boolean
    /// By its fingerprint, the result is of other ballots than these. Missing where it has none.
    other_ballots?: boolean
    their_spent?: Money
    /// Where else a result differs, when winners and money are the same.
    elsewhere?: Difference
    /// Project ids that the file says won, but not by the rule alone.
    reserved: string[]
}

type Projects = readonly { id: string }[]

const ids = (projects: Projects, some: readonly number[]): string[] => some.map((project) => projects[project]!.id)

function compare(ours: string[], theirs: string[], ordered: boolean) {
    const only_theirs = theirs.filter((id) => !ours.includes(id))
    const only_ours = ours.filter((id) => !theirs.includes(id))
    const same = only_theirs.length === 0 && only_ours.length === 0
    return { only_theirs, only_ours, other_order: ordered && same && ours.some((id, at) => theirs[at] !== id) }
}

const same_rule = (a: Rule, b: Rule): boolean => JSON.stringify(a, Object.keys(a).sort()) === JSON.stringify(b, Object.keys(a).sort())

/// The column `selected` says which projects were bought, in no order, by the rule that the file names.
export function verdict_of_file(summary: Summary, result: CountResult, rule: Rule): Verdict | undefined {
    const { published, election, rule: named } = summary
    if (!published) return undefined
    const compared = compare(ids(election.projects, result.winners), ids(election.projects, published.winners), false)
    return {
        ...compared,
        source: 'file',
        follows: compared.only_ours.length + compared.only_theirs.length === 0,
        incomparable: named.ok && rule_name(named.value) !== rule_name(rule),
        reserved: ids(election.projects, published.reserved),
    }
}

/// A published result has its winners in order, what was spent, its whole rule, and everything else that `json` has of this count.
export function verdict_of_result(summary: Summary, { result, json, rule }: Pick<Counted, 'result' | 'json'> & { rule: Rule }, claim: Claim): Verdict {
    const compared = compare(ids(summary.election.projects, result.winners), claim.winners, true)
    const spent_differs = claim.spent !== result.spent
    const of_ballots = claim.json as { ballots_sha256?: unknown }
    const other_ballots = of_ballots.ballots_sha256 === undefined ? undefined : of_ballots.ballots_sha256 !== (json as typeof of_ballots).ballots_sha256
    const outcome = compared.only_ours.length + compared.only_theirs.length === 0 && !compared.other_order && !spent_differs
    const elsewhere = outcome && !other_ballots ? first_difference(claim.json, json) : undefined
    return {
        ...compared,
        source: 'result',
        follows: outcome && !elsewhere && !other_ballots,
        ...(other_ballots !== undefined && { other_ballots }),
        ...(elsewhere && { elsewhere }),
        incomparable: !claim.rule.ok || !same_rule(claim.rule.value, rule),
        ...(spent_differs && { their_spent: claim.spent }),
        reserved: [],
    }
}
