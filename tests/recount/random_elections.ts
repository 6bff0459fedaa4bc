/// Small elections from a seed: full of ties, of projects that only just fit or can only just be paid, and of oddities.
import { BallotBox, type BallotKind, type Choice, choices_of, type Election, group_count, type Project } from '../../web/src/participation/counting/election.ts'
import { format_money } from '../../web/src/participation/counting/money.ts'
import { plain_rule, raises_by_steps, type Rule } from '../../web/src/participation/counting/rule.ts'

/// Mulberry32.
export class Dice {
    private state: number
    constructor(seed: number) {
        this.state = seed >>> 0
    }
    private next(): number {
        this.state = (this.state + 0x6d2b79f5) >>> 0
        let t = this.state
        t = Math.imul(t ^ (t >>> 15), t | 1)
        t ^= t + Math.imul(t ^ (t >>> 7), t | 61)
        return (t ^ (t >>> 14)) >>> 0
    }
    /// From 0 up to but not including `end`.
    below(end: number): number {
        return this.next() % end
    }
    chance(in_hundred: number): boolean {
        return this.below(100) < in_hundred
    }
    pick<Value>(list: readonly Value[]): Value {
        return list[this.below(list.length)]!
    }
    shuffled<Value>(list: readonly Value[]): Value[] {
        const copy = [...list]
        for (let i = copy.length; i > 1; --i) {
            const j = this.below(i)
            ;[copy[i - 1], copy[j]] = [copy[j]!, copy[i - 1]!]
        }
        return copy
    }
}

const kinds: BallotKind[] = ['approval', 'approval', 'choose-1', 'points', 'ranking', 'knapsack']

function ballot(dice: Dice, kind: BallotKind, projects: number): Choice[] {
    const all = dice.shuffled(Array.from({ length: projects }, (_, project) => project))
    const length = kind === 'choose-1' ? dice.below(8) && 1 : dice.below(Math.min(projects, 6) + 1)
    return all.slice(0, length).map((project, at) => ({ project, value: kind === 'ranking' ? at + 1 : kind === 'points' ? 1 + dice.below(5) : 1 }))
}

export function random_election(seed: number): Election {
    const dice = new Dice(seed)
    const kind = dice.pick(kinds)
    const count = 2 + dice.below(8)
    // Free projects meet, and exclude each other, only where there are several.
    const free_percent = seed % 5 === 4 ? 50 : 4
    // Costs from few values make ties; from many, near misses.
    const steps = dice.pick([1, 3, 50])
    const projects = Array.from({ length: count }, (_, i) => {
        const cost = dice.chance(free_percent) ? 0 : (1 + dice.below(steps)) * dice.pick([100, 1000, 137])
        const partial = cost > 1 && dice.chance(30)
        return { id: `${'pøqzé'[i % 5]}${i}`, name: `Prosjekt ${i}`, cost, ...(partial && { partial_from: 1 + dice.below(cost) }) }
    })
    const box = new BallotBox()
    for (let i = 1 + dice.below(25); i > 0; --i) box.add(ballot(dice, kind, count), dice.chance(20) ? 1 + dice.below(9) : 1)
    const total = projects.reduce((sum, { cost }) => sum + cost, 0)
    const shuffled = dice.shuffled(projects.map((_, project) => project))
    const exclusive = dice.chance(30) ? [shuffled.slice(0, 2), ...(count > 4 && dice.chance(40) ? [shuffled.slice(1, 4)] : [])] : []
    return {
        title: `Valg ${seed}`, currency: dice.pick(['NOK', 'PLN']), budget: Math.max(1, Math.round((total * (20 + dice.below(90))) / 100)),
        kind, projects, ballots: box.close(), pots: [], exclusive, ranking_length: dice.chance(50) ? 0 : 1 + dice.below(count), points_per_one: 1,
    }
}

/// Without the choices that the method never asks about: a rule's text may not make them.
function without_idle(rule: Rule): Rule {
    const { method, completion, ranking } = rule
    const none: Partial<Rule>[] = [
        method === 'greedy' ? {} : { misfit: 'skip', order: 'score' },
        method === 'knapsack' ? {} : { partial_funding: false },
        method === 'phragmen' ? {} : { overrun: 'stop' },
        method === 'equal-shares' ? {} : { utility: 'cost', completion: 'none', comparison: 'none', whole_endowment: false },
        method === 'equal-shares' && raises_by_steps(completion) ? {} : { step: plain_rule.step },
        ranking === 'approval' ? {} : { ranking_top: 0 },
        rule.ties.includes('lot') ? {} : { seed: '' },
    ]
    return Object.assign({}, rule, ...none) as Rule
}

/// A rule with options beyond its name.
export function random_rule(seed: number): Rule {
    const dice = new Dice(seed ^ 0x5eed)
    return without_idle({
        ...plain_rule,
        method: dice.pick(['greedy', 'knapsack', 'equal-shares', 'equal-shares', 'phragmen'] as const),
        misfit: dice.pick(['skip', 'stop'] as const),
        order: dice.pick(['score', 'score-per-cost'] as const),
        score_min: dice.chance(30) ? 1 + dice.below(6) : 0,
        partial_funding: dice.chance(50),
        utility: dice.pick(['cost', 'cardinality', 'points'] as const),
        completion: dice.pick(['none', 'add1', 'add1e', 'add1u', 'add1eu', 'util'] as const),
        comparison: dice.pick(['none', 'majority', 'exclusion'] as const),
        eligibility: dice.chance(30) ? 1 + dice.below(4) : 0,
        step: dice.pick([100, 50, 7, 250]),
        whole_endowment: dice.chance(30),
        overrun: dice.pick(['skip', 'stop'] as const),
        fully_funded: dice.chance(20),
        electorate: dice.pick(['with-choice', 'everyone'] as const),
        ranking: dice.pick(['borda', 'approval'] as const),
        ranking_top: dice.below(4),
        ties: dice.shuffled(['lower-cost', 'more-votes', 'lot', 'listed-order', 'alphabetical'] as const).slice(0, 3).concat('alphabetical').filter((reason, at, all) => all.indexOf(reason) === at),
        seed: dice.pick(['4711', 'trukket "i kommunestyret"', 'ø\tå']),
        left_over: dice.pick(['saved', 'saved', 'to-common'] as const),
    })
}

/// The same with some of the projects, and of the money, in pots of their own.
export function with_pots(election: Election, seed: number): Election {
    const dice = new Dice(seed)
    const names = ['nord', 'sør'].slice(0, 1 + dice.below(2))
    const total = election.projects.reduce((sum, { cost }) => sum + cost, 0)
    return {
        ...election,
        pots: names.map((name) => ({ name, budget: dice.below(10) && Math.round((total * dice.below(80)) / 100) })),
        projects: election.projects.map((project) => (dice.chance(70) ? { ...project, pot: dice.pick(names) } : project)),
    }
}

const pots_json = ({ pots }: Election) => pots.map(({ name, budget }) => ({ name, budget: format_money(budget) }))

export function election_json(election: Election): string {
    const { ballots, projects } = election
    const id = (project: number) => projects[project]!.id
    return JSON.stringify({
        title: election.title,
        currency: election.currency,
        budget: format_money(election.budget),
        kind: election.kind,
        ...(election.ranking_length > 0 && { ranking_length: election.ranking_length }),
        projects: projects.map(({ id, name, cost, partial_from, pot }) => ({ id, name, cost: format_money(cost), ...(partial_from && { partial_from: format_money(partial_from) }), ...(pot && { pot }) })),
        ballots: Array.from({ length: group_count(ballots) }, (_, g) => {
            // Of a ranking the order is what counts.
            const choices = choices_of(ballots, g).sort((a, b) => (election.kind === 'ranking' ? a.value - b.value : 0))
            return { choices: choices.map(({ project }) => id(project)), ...(election.kind === 'points' && { points: choices.map(({ value }) => value) }), count: ballots.counts[g] }
        }),
        ...(election.pots.length > 0 && { pots: pots_json(election) }),
        ...(election.exclusive.length > 0 && { exclusive: election.exclusive.map((group) => group.map(id)) }),
    })
}

export function election_pb(election: Election): string {
    const { ballots, projects, kind } = election
    const type = { points: 'cumulative', ranking: 'ordinal', approval: 'approval', 'choose-1': 'choose-1', knapsack: 'knapsack' }[kind]
    const lines = ['META', 'key;value', `description;${election.title}`, `currency;${election.currency}`, `budget;${format_money(election.budget)}`, `vote_type;${type}`]
    if (election.ranking_length > 0) lines.push(`max_length;${election.ranking_length}`)
    if (election.pots.length > 0) lines.push(`pots;${JSON.stringify(pots_json(election))}`)
    const labels = (project: number) => election.exclusive.flatMap((group, at) => (group.includes(project) ? [`g${at}`] : [])).join()
    const row = ({ id, name, cost, partial_from, pot = '' }: Project, at: number) =>
        `${id};${name};${format_money(cost)};${partial_from ? format_money(partial_from) : ''};${labels(at)};${pot}`
    lines.push('PROJECTS', 'project_id;name;cost;partial_from;exclusive;pot', ...projects.map(row))
    lines.push('VOTES', `voter_id;weight;vote${kind === 'points' ? ';points' : ''}`)
    for (let g = 0; g < group_count(ballots); ++g) {
        const choices = choices_of(ballots, g).sort((a, b) => (kind === 'ranking' ? a.value - b.value : 0))
        const points = kind === 'points' ? `;${choices.map(({ value }) => value).join()}` : ''
        lines.push(`${g};${ballots.counts[g]};${choices.map(({ project }) => projects[project]!.id).join()}${points}`)
    }
    return `${lines.join('\n')}\n`
}
