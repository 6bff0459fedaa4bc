import { type Ballots, ballots_of, choices_of, type Choice, type Election, most_of_one_ballot } from './election.ts'
import { totals_of } from './profile.ts'
import type { Rule } from './rule.ts'
import type { Voters } from './smallest.ts'

interface Group {
    choices: readonly Choice[]
    count: number
}

/// Some ballots with other numbers of voters, and more groups behind them.
function with_groups(ballots: Ballots, counts: Float64Array, added: readonly Group[]): Ballots {
    const size = ballots.projects.length + added.reduce((sum, { choices }) => sum + choices.length, 0)
    const grown: Ballots = {
        starts: new Uint32Array(ballots.starts.length + added.length),
        projects: new Uint32Array(size),
        values: new Float64Array(size),
        counts: new Float64Array(counts.length + added.length),
    }
    grown.starts.set(ballots.starts)
    grown.projects.set(ballots.projects)
    grown.values.set(ballots.values)
    grown.counts.set(counts)
    let at = ballots.projects.length
    added.forEach(({ choices, count: many }, i) => {
        for (const { project, value } of choices) {
            grown.projects[at] = project
            grown.values[at++] = value
        }
        grown.starts[counts.length + i + 1] = at
        grown.counts[counts.length + i] = many
    })
    return grown
}

/// One ballot for each project's votes.
function ballots_of_votes(votes: readonly number[]): Ballots {
    return ballots_of(votes.flatMap((count, project) => (count > 0 ? [{ choices: [{ project, value: 1 }], count }] : [])))
}

/// The election with one thing changed, for counting "what if".
export class Variants {
    /// Who changes makes no difference: only totals count, and one ballot for each project's votes says the same and counts at once.
    readonly only_totals: boolean
    private readonly election: Election
    private readonly votes: readonly number[]

    constructor(election: Election, rule: Rule) {
        this.election = election
        const plain = election.kind === 'approval' || election.kind === 'choose-1' || election.kind === 'knapsack'
        this.only_totals = (rule.method === 'greedy' || rule.method === 'knapsack') && plain && rule.eligibility === 0
        this.votes = this.only_totals ? totals_of(election, rule).votes : []
    }

    with_cost(project: number, cost: number): Election {
        const changed = { ...this.election.projects[project]!, cost, partial_from: undefined }
        const projects = this.election.projects.with(project, changed)
        return { ...this.election, projects, ballots: this.only_totals ? ballots_of_votes(this.votes) : this.election.ballots }
    }

    /// With so many more voters who choose the project alone.
    with_new_ballots(project: number, voters: number): Election {
        if (this.only_totals) return this.by_votes(this.votes.with(project, this.votes[project]! + voters))
        const { ballots } = this.election
        const value = most_of_one_ballot(this.election)
        return { ...this.election, ballots: with_groups(ballots, ballots.counts, [{ choices: [{ project, value }], count: voters }]) }
    }

    /// These choose the project too.
    with_more_support(project: number, voters: Voters): Election {
        return this.rewritten(voters, (choices) => [...choices, { project, value: 1 }].sort((a, b) => a.project - b.project))
    }

    /// These choose nothing but the project.
    with_fewer_rivals(project: number, voters: Voters): Election {
        return this.rewritten(voters, (choices) => choices.filter((choice) => choice.project === project))
    }

    /// These no longer choose the project.
    with_less_support(project: number, voters: Voters): Election {
        return this.rewritten(voters, (choices) => choices.filter((choice) => choice.project !== project))
    }

    private by_votes(votes: readonly number[]): Election {
        return { ...this.election, ballots: ballots_of_votes(votes) }
    }

    private rewritten(voters: Voters, rewrite: (choices: Choice[]) => Choice[]): Election {
        const { ballots } = this.election
        const counts = ballots.counts.slice()
        const votes = [...this.votes]
        const added: Group[] = []
        for (const [g, taken] of voters) {
            if (taken === 0) continue
            const before = choices_of(ballots, g)
            const after = rewrite(before)
            counts[g]! -= taken
            added.push({ choices: after, count: taken })
            for (const { project } of before) votes[project]! -= taken
            for (const { project } of after) votes[project]! += taken
        }
        return this.only_totals ? this.by_votes(votes) : { ...this.election, ballots: with_groups(ballots, counts, added) }
    }
}
