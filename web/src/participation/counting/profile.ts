import { type Election, group_count } from './election.ts'
import type { Rule } from './rule.ts'

/// The ballots as a rule reads them: flat lists of supporters by project, and of wishes by ballot group.
export interface Profile {
    counts: Float64Array
    /// Project p's supporters are at from[p] up to from[p + 1].
    from: Uint32Array
    group: Uint32Array
    weight: Float64Array
    /// Group g's wishes are at wish_from[g] up to wish_from[g + 1].
    wish_from: Uint32Array
    wish: Uint32Array
    wish_weight: Float64Array
}

export interface Totals {
    votes: number[]
    scores: number[]
    voters: number
    blank: number
}

/// What a choice is worth as a score; 0: it does not count.
function score_of(election: Omit<Election, 'ballots'>, rule: Rule, value: number): number {
    if (election.kind !== 'ranking') return value
    if (rule.ranking === 'approval') return rule.ranking_top === 0 || value <= rule.ranking_top ? 1 : 0
    return Math.max(0, (election.ranking_length || election.projects.length) - value + 1)
}

export function totals_of(election: Election, rule: Rule): Totals {
    const { ballots, projects } = election
    const votes = new Array<number>(projects.length).fill(0)
    const scores = new Array<number>(projects.length).fill(0)
    let all = 0
    let blank = 0
    for (let g = 0; g < group_count(ballots); ++g) {
        const count = ballots.counts[g]!
        let chose = false
        for (let i = ballots.starts[g]!; i < ballots.starts[g + 1]!; ++i) {
            const score = score_of(election, rule, ballots.values[i]!)
            if (score === 0) continue
            chose = true
            votes[ballots.projects[i]!]! += count
            scores[ballots.projects[i]!]! += score * count
        }
        all += count
        if (!chose) blank += count
    }
    return { votes, scores, voters: rule.electorate === 'everyone' ? all : all - blank, blank }
}

/// Choices weigh one, or their score where ballots have points or places and the utility is not cardinality.
export const weighs_scores = ({ kind }: Partial<Pick<Election, 'kind'>>, rule: Rule): boolean =>
    (kind === 'points' || kind === 'ranking') && rule.method === 'equal-shares' && rule.utility !== 'cardinality'

/// What a choice weighs under the rule; 0: it does not count.
export function weight_of(election: Omit<Election, 'ballots'>, rule: Rule, value: number): number {
    const score = score_of(election, rule, value)
    return score > 0 && !weighs_scores(election, rule) ? 1 : score
}

export function profile_of(election: Election, rule: Rule): Profile {
    const { ballots, projects } = election
    const valued = weighs_scores(election, rule)
    const groups = group_count(ballots)
    const size = ballots.projects.length
    const profile: Profile = {
        counts: ballots.counts,
        from: new Uint32Array(projects.length + 1),
        group: new Uint32Array(size),
        weight: new Float64Array(size),
        wish_from: new Uint32Array(groups + 1),
        wish: new Uint32Array(size),
        wish_weight: new Float64Array(size),
    }
    let wishes = 0
    for (let g = 0; g < groups; ++g) {
        for (let i = ballots.starts[g]!; i < ballots.starts[g + 1]!; ++i) {
            const score = score_of(election, rule, ballots.values[i]!)
            if (score === 0) continue
            profile.wish[wishes] = ballots.projects[i]!
            profile.wish_weight[wishes++] = valued ? score : 1
            ++profile.from[ballots.projects[i]! + 1]!
        }
        profile.wish_from[g + 1] = wishes
    }
    for (let p = 0; p < projects.length; ++p) profile.from[p + 1]! += profile.from[p]!
    const next = profile.from.slice()
    for (let g = 0; g < groups; ++g) {
        for (let i = profile.wish_from[g]!; i < profile.wish_from[g + 1]!; ++i) {
            const at = next[profile.wish[i]!]!++
            profile.group[at] = g
            profile.weight[at] = profile.wish_weight[i]!
        }
    }
    return profile
}
