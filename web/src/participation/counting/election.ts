import type { Money } from './money.ts'

export type BallotKind = 'approval' | 'choose-1' | 'points' | 'ranking' | 'knapsack'

export interface Project {
    id: string
    name: string
    cost: Money
    /// The least amount it can use if it may be partly funded.
    partial_from?: Money
    /// The part of the town or the theme whose sub-budget pays; missing: the common budget.
    pot?: string
}

/// A sub-budget for an area or a theme. Ballots count in every pot in which they choose something.
export interface Pot {
    name: string
    budget: Money
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
    /// Of the common pot; each of `pots` has its own beside it.
    budget: Money
    kind: BallotKind
    projects: Project[]
    ballots: Ballots
    pots: Pot[]
    /// Of each group at most one project can be built.
    exclusive: number[][]
    /// The longest ranking a ballot may hold, for Borda points; 0: the number of projects.
    ranking_length: number
    /// Points are whole numbers of 1/points_per_one.
    points_per_one: number
}

interface Group {
    choices: readonly Choice[]
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
        return ballots_of([...this.groups.values()].sort(by_choices))
    }
}

/// Groups as they come: choices by ascending project.
export function ballots_of(groups: readonly Group[]): Ballots {
    const size = groups.reduce((sum, { choices }) => sum + choices.length, 0)
    const ballots = {
        starts: new Uint32Array(groups.length + 1),
        projects: new Uint32Array(size),
        values: new Float64Array(size),
        counts: new Float64Array(groups.length),
    }
    let at = 0
    groups.forEach(({ choices, count }, g) => {
        for (const { project, value } of choices) {
            ballots.projects[at] = project
            ballots.values[at++] = value
        }
        ballots.starts[g + 1] = at
        ballots.counts[g] = count
    })
    return ballots
}

/// Of all pots together.
export const whole_budget = ({ budget, pots }: Pick<Election, 'budget' | 'pots'>): Money => pots.reduce((sum, pot) => sum + pot.budget, budget)

export const group_count = (ballots: Ballots): number => ballots.counts.length
/// All ballots, blank ones included.
export const ballot_total = (ballots: Ballots): number => ballots.counts.reduce((sum, count) => sum + count, 0)

/// What a new ballot gives the only project on it: with points, all that anybody has given out, in the election's parts of a point.
export function most_of_one_ballot({ kind, ballots }: Pick<Election, 'kind' | 'ballots'>): number {
    if (kind !== 'points') return 1
    let most = 1
    for (let g = 0; g < group_count(ballots); ++g) {
        let sum = 0
        for (let i = ballots.starts[g]!; i < ballots.starts[g + 1]!; ++i) sum += ballots.values[i]!
        most = Math.max(most, sum)
    }
    return most
}

export function choices_of(ballots: Ballots, group: number): Choice[] {
    const choices: Choice[] = []
    for (let i = ballots.starts[group]!; i < ballots.starts[group + 1]!; ++i) {
        choices.push({ project: ballots.projects[i]!, value: ballots.values[i]! })
    }
    return choices
}
