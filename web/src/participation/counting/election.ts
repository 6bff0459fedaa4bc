import type { Money } from './money.ts'

export type BallotKind = 'approval' | 'choose-1' | 'points' | 'ranking' | 'knapsack'

export interface Project {
    id: string
    name: string
    cost: Money
    /// The least amount it can use if it may be partly funded.
    partial_from?: Money
}

/// One project on a ballot: 1, or the points, or the place (1 is best).
export interface Choice {
    project: number
    value: number
}

/// Groups of identical ballots, flat: group g holds the choices from starts[g] up to starts[g + 1], by ascending project.
export interface Ballots {
    starts: Uint32Array
    projects: Uint32Array
    values: Float64Array
    counts: Float64Array
}

/// What is counted. Holds no voter.
export interface Election {
    title: string
    currency: string
    budget: Money
    kind: BallotKind
    projects: Project[]
    ballots: Ballots
    /// Of each group at most one project can be built.
    exclusive: number[][]
    /// The longest ranking a ballot may hold, for Borda points; 0: the number of projects.
    ranking_length: number
    /// Points are whole numbers of 1/points_per_one.
    points_per_one: number
}

interface Group {
    choices: Choice[]
    count: number
}

function by_choices(a: Group, b: Group): number {
    for (let i = 0; i < a.choices.length && i < b.choices.length; ++i) {
        const [left, right] = [a.choices[i]!, b.choices[i]!]
        if (left.project !== right.project) return left.project - right.project
        if (left.value !== right.value) return left.value - right.value
    }
    return a.choices.length - b.choices.length
}

/// Takes ballots in any order and puts identical ones together; the order of arrival leaves no trace.
export class BallotBox {
    private readonly groups = new Map<string, Group>()

    /// A project twice on one ballot is a mistake of the caller.
    add(choices: readonly Choice[], count = 1): void {
        const sorted = [...choices].sort((a, b) => a.project - b.project)
        const key = sorted.map(({ project, value }) => `${project}:${value}`).join()
        const group = this.groups.get(key)
        if (group) group.count += count
        else this.groups.set(key, { choices: sorted, count })
    }

    close(): Ballots {
        const groups = [...this.groups.values()].sort(by_choices)
        const starts = new Uint32Array(groups.length + 1)
        groups.forEach((group, g) => (starts[g + 1] = starts[g]! + group.choices.length))
        const all = groups.flatMap((group) => group.choices)
        return {
            starts,
            projects: Uint32Array.from(all, (choice) => choice.project),
            values: Float64Array.from(all, (choice) => choice.value),
            counts: Float64Array.from(groups, (group) => group.count),
        }
    }
}

export const group_count = (ballots: Ballots): number => ballots.counts.length
/// All ballots, blank ones included.
export const ballot_total = (ballots: Ballots): number => ballots.counts.reduce((sum, count) => sum + count, 0)

export function choices_of(ballots: Ballots, group: number): Choice[] {
    const choices: Choice[] = []
    for (let i = ballots.starts[group]!; i < ballots.starts[group + 1]!; ++i) {
        choices.push({ project: ballots.projects[i]!, value: ballots.values[i]! })
    }
    return choices
}
