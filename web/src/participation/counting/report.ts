import type { Election } from './election.ts'
import { attempt, type Attempt, refuse } from './fault.ts'
import { type Fraction, to_number, to_text } from './fraction.ts'
import { format_money, type Money, parse_money } from './money.ts'
import type { CountResult } from './result.ts'
import { print_rule, type Rule } from './rule.ts'
import { parse_rule } from './rule_text.ts'

/// A count result as docs/formats/count-result.schema.json has it.
const exact = (value: Fraction) => ({ fraction: to_text(value), value: Number(to_number(value).toPrecision(12)) })

export function result_json(election: Election, rule: Rule, result: CountResult): object {
    const id = (project: number) => election.projects[project]!.id
    return {
        format: 'bypuls-count-1',
        election: election.title,
        currency: election.currency,
        rule: result.rule,
        rule_text: print_rule(rule),
        budget: format_money(result.budget),
        spent: format_money(result.spent),
        voters: result.voters,
        blank: result.blank,
        winners: result.winners.map(id),
        greedy_preferred: result.greedy_preferred,
        endowments: result.endowment
            ? [{ share: exact(result.endowment.share), raises: result.endowment.raises, exhaustive: result.endowment.exhaustive, pot: '' }]
            : [],
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
        })),
        projects: election.projects.map((project, index) => ({
            id: project.id,
            name: project.name,
            cost: format_money(project.cost),
            votes: result.votes[index]!,
            score: result.scores[index]! / election.points_per_one,
            won: result.winners.includes(index),
            ...(result.excluded.has(index) && { excluded: result.excluded.get(index) }),
        })),
    }
}

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

/// What only the program tells, or may leave out.
const told_by_the_program = new Set(['remarks', 'not_applicable', 'losers', 'margins', 'metrics', 'what_if', 'beside'])
const may_be_missing = new Set([...told_by_the_program, 'changed_outcome', 'alternatives', 'could_pay'])

/// Rules are compared before, by what they say; fractions to the letter, the decimals beside them nearly.
export function first_difference(published: unknown, counted: unknown, path = ''): Difference | undefined {
    const tell = (value: unknown) => (value === undefined ? '–' : (JSON.stringify(value) ?? '–').slice(0, 120))
    const differs = { path, published: tell(published), counted: tell(counted) }
    if (typeof published === 'number' && typeof counted === 'number') {
        const near = Math.abs(published - counted) <= 1e-9 * Math.max(Math.abs(published), Math.abs(counted))
        return near && Number.isInteger(published) === Number.isInteger(counted) ? undefined : differs
    }
    if (typeof published !== 'object' || typeof counted !== 'object' || published === null || counted === null) {
        return published === counted ? undefined : differs
    }
    if (Array.isArray(published) !== Array.isArray(counted)) return differs
    const [theirs, ours] = [published as Record<string, unknown>, counted as Record<string, unknown>]
    for (const key of new Set([...Object.keys(ours), ...Object.keys(theirs)])) {
        if (path === '' && (key === 'rule_text' || told_by_the_program.has(key))) continue
        if (!Array.isArray(counted) && may_be_missing.has(key) && !(key in theirs)) continue
        const found = first_difference(theirs[key], ours[key], Array.isArray(counted) ? `${path}[${key}]` : path === '' ? key : `${path}.${key}`)
        if (found) return found
    }
    return undefined
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
        return { rule: parse_rule(rule_text), rule_name: typeof rule === 'string' ? rule : '', winners: winners as string[], spent, json }
    })
}
