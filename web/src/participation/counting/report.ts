import type { Beside } from './beside.ts'
import { additions_apply, type Change, type Closeness } from './distance.ts'
import type { BallotKind, Election } from './election.ts'
import { attempt, type Attempt, refuse } from './fault.ts'
import { ballots_sha256, rule_sha256 } from './fingerprint.ts'
import { type Fraction, to_number, to_text } from './fraction.ts'
import type { Figures } from './figures.ts'
import { format_money, type Money, parse_money } from './money.ts'
import type { CountResult } from './result.ts'
import { print_rule, type Rule } from './rule.ts'
import { parse_rule } from './rule_text.ts'

/// A count result as docs/formats/count-result.schema.json has it.
const exact = (value: Fraction) => ({ fraction: to_text(value), value: Number(to_number(value).toPrecision(12)) })

/// What else goes into a report; what is missing is left out.
export interface ReportParts {
    figures?: Figures
    /// Of every project that has one.
    closeness?: ReadonlyMap<number, Closeness>
    beside?: readonly Beside[]
}

export function result_json(election: Election, rule: Rule, result: CountResult, parts: ReportParts = {}): object {
    const id = (project: number) => election.projects[project]!.id
    return {
        format: 'bypuls-count-1',
        election: election.title,
        currency: election.currency,
        rule: result.rule,
        rule_text: print_rule(rule),
        rule_sha256: rule_sha256(rule),
        ballots_sha256: ballots_sha256(election),
        budget: format_money(result.budget),
        spent: format_money(result.spent),
        voters: result.voters,
        blank: result.blank,
        winners: result.winners.map(id),
        greedy_preferred: result.greedy_preferred,
        endowments: result.endowments.map(({ share, raises, exhaustive, pot }) => ({ share: exact(share), raises, exhaustive, pot })),
        ties: result.ties.map(({ round, tied, chosen, broken_by, on_the_way, alternatives, explored }) => ({
            round,
            tied: tied.map(id),
            chosen: id(chosen),
            broken_by,
            on_the_way,
            explored,
            ...((explored || alternatives.length > 0) && { changed_outcome: alternatives.length > 0, alternatives: alternatives.map((set) => set.map(id)) }),
        })),
        rounds: result.rounds.map((round) => ({
            project: id(round.project),
            phase: round.phase,
            paid: format_money(round.paid),
            supporters: round.supporters,
            ...(round.share && { share: exact(round.share) }),
            ...(round.effective_votes && { effective_votes: exact(round.effective_votes), could_pay: round.could_pay, paid_all_they_had: round.paid_all_they_had }),
            ...(round.price && { price: exact(round.price) }),
            ...(round.pot !== undefined && { pot: round.pot }),
        })),
        projects: election.projects.map((project, index) => ({
            id: project.id,
            name: project.name,
            cost: format_money(project.cost),
            votes: result.votes[index]!,
            score: result.scores[index]! / election.points_per_one,
            won: result.winners.includes(index),
            ...(result.excluded.has(index) && { excluded: result.excluded.get(index) }),
            ...(result.shut_out.has(index) && { shut_out_by: id(result.shut_out.get(index)!) }),
        })),
        ...(election.exclusive.length > 0 && { exclusive: election.exclusive.map((group) => group.map(id)) }),
        ...(result.partial_left_out.length > 0 && { partial_left_out: result.partial_left_out.map(id) }),
        ...(parts.closeness && closeness_json(election, result, parts.closeness)),
        ...(parts.figures && { metrics: metrics_json(election, parts.figures) }),
        ...(parts.beside && { beside: parts.beside.map((one) => beside_json(election, one)) }),
    }
}

/// In the digits in which the program prints it.
const real = (value: number): number => Number(value.toPrecision(6))

function metrics_json(election: Election, { pots, underserved, prices, groups, tenths, ...means }: Figures): object {
    const id = (project: number) => election.projects[project]!.id
    return {
        ...Object.fromEntries(Object.entries(means).map(([name, value]) => [name, real(value)])),
        tenths: tenths.map(real),
        pots: pots.map(({ pot, of_cost, of_votes }) => ({ pot, of_cost: real(of_cost), of_votes: real(of_votes) })),
        underserved: underserved.map(({ project, supporters, got, share }) => ({ project: id(project), supporters, got: format_money(got), share: format_money(share) })),
        prices: prices.map(({ pot, holds, share, left }) => ({ pot, holds, share: exact(share), left: left.map((one) => ({ project: id(one.project), left: exact(one.left) })) })),
        ...(groups.length > 0 && {
            groups: groups.map(({ by, name, voters, ...fared }) => ({
                by, name, voters, with_a_winner: real(fared.with_a_winner), mean_winners: real(fared.mean_winners), mean_kroner: real(fared.mean_kroner),
            })),
        }),
    }
}

function beside_json(election: Election, { rule, result, figures, gained, lost }: Beside): object {
    const ids = (projects: readonly number[]) => projects.map((project) => election.projects[project]!.id)
    return {
        rule: result.rule,
        rule_text: print_rule(rule),
        spent: format_money(result.spent),
        winners: ids(result.winners),
        gained: ids(gained),
        lost: ids(lost),
        metrics: metrics_json(election, figures),
    }
}

/// Why measures are missing that are missing for every project.
const no_additions: Partial<Record<BallotKind, string>> = {
    'choose-1': 'a ballot has one choice, so nobody can choose a project beside it',
    points: 'with points it would depend on how many are given',
    ranking: 'in a ranking it would depend on the place that is given',
}

function closeness_json(election: Election, result: CountResult, closeness: ReadonlyMap<number, Closeness>): object {
    const id = (project: number) => election.projects[project]!.id
    const votes = (name: string, change: Change | undefined) => (change ? { [name]: change_json(change, (amount) => amount) } : {})
    const losers = [...closeness].filter(([project]) => !result.winners.includes(project)).sort(([a], [b]) => a - b)
    const why = additions_apply(election.kind) ? undefined : no_additions[election.kind]
    return {
        ...(why !== undefined && { not_applicable: { optimist_add: why, pessimist_add: why, random_add: why } }),
        losers: losers.map(([project, { cost_reduction, ...of_loser }]) => ({
            project: id(project),
            ...(cost_reduction && { cost_reduction: change_json(cost_reduction, format_money) }),
            ...votes('singleton_add', of_loser.singleton_add),
            ...votes('optimist_add', of_loser.optimist_add),
            ...votes('pessimist_add', of_loser.pessimist_add),
            ...votes('random_add', of_loser.random_add),
            ...votes('rivalry_reduction', of_loser.rivalry_reduction),
        })),
        margins: result.winners.flatMap((project) => {
            const known = closeness.get(project)
            return known ? [{ project: id(project), ...votes('margin', known.margin), instead: (known.instead ?? []).map(id) }] : []
        }),
    }
}

const change_json = ({ amount, smallest, enough }: Change, tell: (amount: number) => string | number): object =>
    enough ? { amount: tell(amount), smallest } : { more_than: tell(amount) }

/// What a published result claims.
export interface Claim {
    rule: Attempt<Rule>
    rule_name: string
    /// Project ids in order of purchase.
    winners: string[]
    spent: Money
    /// The whole result as it was published.
    json: object
}

/// The first thing in which a published result differs from this count.
export interface Difference {
    /// "rounds[2].share.fraction"
    path: string
    published: string
    counted: string
}

/// What a result may tell beside the outcome. How close it was is found by searches that need not end with the same certainty.
const not_compared = new Set(['remarks', 'not_applicable', 'losers', 'margins', 'what_if', 'beside'])
const may_be_missing = new Set([...not_compared, 'rule_sha256', 'ballots_sha256', 'metrics', 'tenths', 'prices', 'groups', 'changed_outcome', 'alternatives', 'could_pay', 'exclusive', 'shut_out_by', 'partial_left_out'])

/// Rules are compared before, by what they say; fractions to the letter, the decimals beside them nearly.
export function first_difference(published: unknown, counted: unknown, path = ''): Difference | undefined {
    const tell = (value: unknown) => (value === undefined ? '–' : (JSON.stringify(value) ?? '–').slice(0, 120))
    const differs = { path, published: tell(published), counted: tell(counted) }
    if (typeof published === 'number' && typeof counted === 'number') {
        // Figures are printed in six digits; a count of something is whole.
        const printed = path.startsWith('metrics.')
        const near = Math.abs(published - counted) <= (printed ? 1e-5 : 1e-9) * Math.max(Math.abs(published), Math.abs(counted)) + (printed ? 1e-9 : 0)
        return near && (printed || Number.isInteger(published) === Number.isInteger(counted)) ? undefined : differs
    }
    if (typeof published !== 'object' || typeof counted !== 'object' || published === null || counted === null) {
        return published === counted ? undefined : differs
    }
    if (Array.isArray(published) !== Array.isArray(counted)) return differs
    const [theirs, ours] = [published as Record<string, unknown>, counted as Record<string, unknown>]
    for (const key of new Set([...Object.keys(ours), ...Object.keys(theirs)])) {
        if (path === '' && (key === 'rule_text' || not_compared.has(key))) continue
        if (!Array.isArray(counted) && may_be_missing.has(key) && !(key in theirs)) continue
        const found = first_difference(theirs[key], ours[key], Array.isArray(counted) ? `${path}[${key}]` : path === '' ? key : `${path}.${key}`)
        if (found) return found
    }
    return undefined
}

/// Its lines are not those of the file, where all of it stands on one.
function in_result(rule: Attempt<Rule>): Attempt<Rule> {
    if (rule.ok) return rule
    const { code, given } = rule.fault
    return { ok: false, fault: { code, path: 'rule_text', ...(given && { given }) } }
}

/// Reads a published result. Its rule may be one that only the program counts; that is in `rule`.
export function read_result(text: string): Attempt<Claim> {
    return attempt(() => {
        let json: Record<string, unknown>
        try {
            json = JSON.parse(text) as Record<string, unknown>
        } catch {
            return refuse('not-result')
        }
        if (json === null || typeof json !== 'object' || json.format !== 'bypuls-count-1') return refuse('not-result')
        const { rule_text, rule, winners } = json
        const spent = typeof json.spent === 'string' ? parse_money(json.spent) : undefined
        if (typeof rule_text !== 'string') return refuse('result-lacks', {}, { key: 'rule_text' })
        if (typeof spent !== 'number') return refuse('result-lacks', {}, { key: 'spent' })
        if (!Array.isArray(winners) || !winners.every((winner) => typeof winner === 'string')) return refuse('result-lacks', {}, { key: 'winners' })
        return { rule: in_result(parse_rule(rule_text)), rule_name: typeof rule === 'string' ? rule : '', winners: winners as string[], spent, json }
    })
}
