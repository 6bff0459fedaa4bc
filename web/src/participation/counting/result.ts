import type { Fraction } from './fraction.ts'
import type { Money } from './money.ts'
import type { Tie } from './ties.ts'

export type Phase = 'rule' | 'utilitarian' | 'comparison' | 'fund-all' | 'free'
export type WhyExcluded = 'no-support' | 'below-score' | 'not-eligible'

/// One purchase.
export interface Round {
    project: number
    /// The pot that paid; missing: the common budget.
    pot?: string
    phase: Phase
    paid: Money
    supporters: number
    /// equal shares: what a supporter with enough money pays; phragmen: her load. Kroner.
    share?: Fraction
    /// equal shares: cost over that payment; begins at the number of votes and falls.
    effective_votes?: Fraction
    /// equal shares: kroner per unit of utility, by which the rule chose.
    price?: Fraction
    /// equal shares: supporters who had anything left.
    could_pay?: number
    /// equal shares: supporters who paid less than the full share, those with nothing left included.
    paid_all_they_had?: number
}

export interface Endowment {
    /// What each voter had in the run that counted. Kroner.
    share: Fraction
    raises: number
    /// Nothing more fits after the rule itself.
    exhaustive: boolean
    /// Empty: the common budget.
    pot: string
}

/// What a rule found in one pot.
export interface Outcome {
    rounds: Round[]
    ties: Tie[]
    spent: Money
    endowment?: Endowment
    greedy_preferred: boolean
    /// equal shares: projects bought with any of the shares that were tried, or that would have been had they fit.
    touched: Set<number>
}

export interface CountResult extends Omit<Outcome, 'endowment'> {
    rule: string
    /// In order of purchase.
    winners: number[]
    /// One for each pot that was counted by equal shares, the common budget last.
    endowments: Endowment[]
    /// Of all pots together.
    budget: Money
    /// Among whom the budget is divided.
    voters: number
    blank: number
    votes: number[]
    scores: number[]
    excluded: Map<number, WhyExcluded>
    /// Losers that took part and could not be built beside a winner, each with the first bought of those that exclude it.
    shut_out: Map<number, number>
    /// Losers that the election lets be funded in part and that the rule would fund in whole or not at all; ascending.
    partial_left_out: number[]
}
