import { type Choice, choices_of, type Election, group_count } from './election.ts'
import { print_rule, type Rule } from './rule.ts'
import { sha256 } from './sha256.ts'

/// Fingerprints of what was counted: docs/formats/count-fingerprint.md.
const escaped = (id: string) => id.replace(/[,;\\]/g, '\\$&').replace(/\n/g, '\\n').replace(/\r/g, '\\r')

/// In the order of their bytes as UTF-8, which is that of their code points.
export function by_bytes(a: string, b: string): number {
    // Strings are in the order of UTF-16, which differs only where there are surrogates.
    if (!/[\uD800-\uDFFF]/.test(a + b)) return a < b ? -1 : a > b ? 1 : 0
    const [left, right] = [[...a], [...b]]
    for (let i = 0; i < left.length && i < right.length; ++i) {
        if (left[i] !== right[i]) return left[i]!.codePointAt(0)! - right[i]!.codePointAt(0)!
    }
    return left.length - right.length
}

/// By preference. A place that counts for nobody has the project before it once more.
function ranking(choices: Choice[], id: (choice: Choice) => string): string {
    const places: string[] = []
    for (const choice of choices.sort((a, b) => a.value - b.value)) {
        while (places.length > 0 && places.length + 1 < choice.value) places.push(places.at(-1)!)
        places.push(id(choice))
    }
    return places.join()
}

export function ballot_text({ projects, kind, points_per_one }: Election, choices: Choice[]): string {
    const id = ({ project }: Choice) => escaped(projects[project]!.id)
    if (kind === 'ranking') return ranking([...choices], id)
    const sorted = [...choices].sort((a, b) => by_bytes(projects[a.project]!.id, projects[b.project]!.id))
    const ids = sorted.map(id).join()
    return kind === 'points' ? `${ids};${sorted.map(({ value }) => String(value / points_per_one)).join()}` : ids
}

/// A line for each different ballot, as `sort | uniq -c` writes them.
export function ballots_text(election: Election): string {
    const { ballots } = election
    const voters = new Map<string, number>()
    for (let group = 0; group < group_count(ballots); ++group) {
        const text = ballot_text(election, choices_of(ballots, group))
        if (ballots.counts[group]! > 0) voters.set(text, (voters.get(text) ?? 0) + ballots.counts[group]!)
    }
    return [...voters]
        .sort(([a], [b]) => by_bytes(a, b))
        .map(([text, count]) => `${count} ${text}\n`)
        .join('')
}

/// The rule in full without comments.
export const rule_lines = (rule: Rule): string =>
    print_rule(rule)
        .split('\n')
        .filter((line) => line !== '' && !line.startsWith('#'))
        .map((line) => `${line}\n`)
        .join('')

const known = new WeakMap<Election, string>()

/// Found once for each election, since a page prints its results again and again.
export function ballots_sha256(election: Election): string {
    const digest = known.get(election) ?? sha256(ballots_text(election))
    known.set(election, digest)
    return digest
}

export const rule_sha256 = (rule: Rule): string => sha256(rule_lines(rule))
