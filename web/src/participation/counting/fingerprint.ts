import { choices_of, type Choice, type Election, group_count } from './election.ts'
import { print_rule, type Rule } from './rule.ts'
import { sha256 } from './sha256.ts'

const escaped = (id: string): string => id.replace(/[,;\\]/g, '\\$&').replaceAll('\n', '\\n').replaceAll('\r', '\\r')

/// By the bytes of UTF-8, which is by code points. Strings compare by UTF-16, which differs where there are surrogates.
function by_bytes(a: string, b: string): number {
    if (a === b) return 0
    if (!/[\uD800-\uDFFF]/.test(a + b)) return a < b ? -1 : 1
    const [left, right] = [[...a], [...b]]
    for (let i = 0; i < left.length && i < right.length; ++i) {
        if (left[i] !== right[i]) return left[i]!.codePointAt(0)! - right[i]!.codePointAt(0)!
    }
    return left.length - right.length
}

function ranking_text(choices: readonly Choice[], id: (project: number) => string): string {
    const ids: string[] = []
    for (const { project, value } of [...choices].sort((a, b) => a.value - b.value)) {
        // A place that counts for nobody has the project before it once more.
        while (ids.length > 0 && ids.length + 1 < value) ids.push(ids.at(-1)!)
        ids.push(id(project))
    }
    return ids.join()
}

/// One ballot as text, the same whatever file it came from: docs/formats/count-fingerprint.md.
export function ballot_text({ kind, projects, points_per_one }: Omit<Election, 'ballots'>, choices: readonly Choice[]): string {
    const id = (project: number) => escaped(projects[project]!.id)
    if (kind === 'ranking') return ranking_text(choices, id)
    const sorted = [...choices].sort((a, b) => by_bytes(projects[a.project]!.id, projects[b.project]!.id))
    const ids = sorted.map(({ project }) => id(project)).join()
    return kind === 'points' ? `${ids};${sorted.map(({ value }) => String(value / points_per_one)).join()}` : ids
}

/// A line for each different ballot: how many there are, a space and the ballot, in the order of the ballots' bytes.
export function ballots_text(election: Election): string {
    const voters = new Map<string, number>()
    for (let group = 0; group < group_count(election.ballots); ++group) {
        const count = election.ballots.counts[group]!
        if (count === 0) continue
        const text = ballot_text(election, choices_of(election.ballots, group))
        voters.set(text, (voters.get(text) ?? 0) + count)
    }
    const lines = [...voters].sort(([a], [b]) => by_bytes(a, b))
    return lines.map(([text, count]) => `${count} ${text}\n`).join('')
}

/// The rule's text without its comments.
export const rule_text = (rule: Rule): string => print_rule(rule).split('\n').filter((line) => line !== '' && !line.startsWith('#')).map((line) => `${line}\n`).join('')

const known = new WeakMap<Election, string>()

/// Two counts with the same were of the same ballots. Worked out once for an election.
export function ballots_sha256(election: Election): string {
    const found = known.get(election) ?? sha256(ballots_text(election))
    known.set(election, found)
    return found
}

/// Two counts with the same were by the same rule.
export const rule_sha256 = (rule: Rule): string => sha256(rule_text(rule))
