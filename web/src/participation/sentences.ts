import type { Beside } from './counting/beside.ts'
import type { Change, Closeness } from './counting/distance.ts'
import { ballot_total, type Election } from './counting/election.ts'
import type { Figures } from './counting/figures.ts'
import { type Fraction, to_number } from './counting/fraction.ts'
import { type Money, one_krone } from './counting/money.ts'
import type { CountResult } from './counting/result.ts'
import { Format } from '../words/format.ts'
import { grouped, type Words } from '../words/words.ts'

const no_break_space = '\u00A0'

/// A count in plain words: the same sentences, from the same messages, as `bypuls count --explain`.
export class Teller {
    private readonly words: Words
    private readonly election: Pick<Election, 'projects' | 'currency'>

    constructor(words: Words, election: Pick<Election, 'projects' | 'currency'>) {
        this.words = words
        this.election = election
    }

    name(project: number): string {
        const { id, name } = this.election.projects[project]!
        return name || id
    }

    money(amount: Money): string {
        const { language, say } = this.words
        const hundredths = amount % one_krone
        const decimals = hundredths === 0 ? '' : (language === 'en' ? '.' : ',') + String(hundredths).padStart(2, '0')
        const text = grouped(language, String((amount - hundredths) / one_krone)) + decimals
        if (this.election.currency !== 'NOK') return text + no_break_space + this.election.currency
        return say(amount === one_krone ? 'counting.krone' : 'counting.kroner', { amount: text })
    }

    list(projects: readonly number[]): string {
        const quoted = projects.map((project) => this.words.say('counting.quoted', { name: this.name(project) }))
        if (quoted.length < 2) return quoted.join('')
        return this.words.say('counting.and', { some: quoted.slice(0, -1).join(', '), last: quoted.at(-1)! })
    }

    votes = (count: number): string => this.words.plural('counting.votes', count)

    /// What was shared out, how much was spent, and whether a tie decided anything.
    whole(result: CountResult, ballots: number): string {
        const { say, plural } = this.words
        const told = [
            say('counting.whole', {
                people: plural('counting.people', ballots),
                spent: this.money(result.spent),
                budget: this.money(result.budget),
                projects: plural('counting.projects', result.winners.length),
            }),
        ]
        const deciding = result.ties.filter(({ alternatives }) => alternatives.length > 0)
        for (const { tied, chosen } of deciding) told.push(say('counting.tie_decided', { tied: this.list(tied), chosen: this.list([chosen]) }))
        if (result.ties.length === 0) told.push(say('counting.tie_none'))
        else if (result.ties.some(({ explored }) => !explored)) told.push(say('counting.tie_unexplored'))
        else if (deciding.length === 0) told.push(say('counting.tie_same'))
        return told.join(' ')
    }

    percent = (share: number): string => this.words.say('counting.percent', { share: new Format(this.words).number(share * 100, 0) })

    /// To the nearest krone.
    about = (kroner: number): string => this.money(Math.round(kroner) * one_krone)

    /// How many got something, how evenly, and whether the payments prove the outcome.
    figures({ voters_with_a_winner, mean_winners, mean_kroner, tenths, prices }: Figures): string[] {
        const { say } = this.words
        const winners = new Format(this.words).number(mean_winners, 1)
        const told = [say('counting.figures', { share: this.percent(voters_with_a_winner), winners, kroner: this.about(mean_kroner) })]
        if (tenths.length > 0) told.push(say('counting.tenths', { least: this.percent(tenths[0]!), most: this.percent(tenths.at(-1)!) }))
        if (prices.length === 1 && prices[0]!.holds) told.push(say('counting.priced', { share: this.kroner(prices[0]!.share) }))
        return told
    }

    /// To the nearest øre.
    kroner = (amount: Fraction): string => this.money(Math.round(to_number(amount) * one_krone))

    /// What another rule would have led to.
    beside({ rule, result, figures, gained, lost }: Beside): string {
        const { say, plural } = this.words
        const told = [
            say('counting.beside', {
                rule: say(rule.method === 'greedy' ? 'counting.beside_greedy' : 'counting.beside_shares'),
                projects: plural('counting.projects', result.winners.length),
                spent: this.money(result.spent),
                share: this.percent(figures.voters_with_a_winner),
                kroner: this.about(figures.mean_kroner),
            }),
        ]
        if (gained.length + lost.length === 0) told.push(say('counting.beside_same'))
        if (gained.length > 0) told.push(say('counting.beside_gained', { projects: this.list(gained) }))
        if (lost.length > 0) told.push(say('counting.beside_lost', { projects: this.list(lost) }))
        return told.join(' ')
    }

    /// One project's story. Without closeness a winner's has no margin; a loser's is only told with it, or where it took no part.
    project(result: CountResult, project: number, closeness?: Closeness): string | undefined {
        const round = result.rounds.find((bought) => bought.project === project)
        const given = { name: this.name(project), votes: this.votes(result.votes[project]!) }
        const { say } = this.words
        if (round?.phase === 'free') return say('counting.won_free', given)
        if (round) {
            const { cost } = this.election.projects[project]!
            const won =
                round.paid === cost
                    ? say('counting.won', { ...given, cost: this.money(cost) })
                    : say('counting.won_partly', { ...given, paid: this.money(round.paid), cost: this.money(cost) })
            const spare = closeness?.margin && !closeness.margin.enough
            if (spare) return closeness.margin!.amount > 0 ? `${won} ${say('counting.margin_more', { lost: this.votes(closeness.margin!.amount) })}` : won
            return closeness?.margin ? `${won} ${this.margin(closeness.margin, closeness.instead ?? [])}` : won
        }
        const why = result.excluded.get(project)
        if (result.votes[project] === 0) return say('counting.no_support', given)
        if (why) return say(why === 'below-score' ? 'counting.below_score' : 'counting.not_eligible', given)
        return closeness && this.lost(given, closeness)
    }

    private lost(given: { name: string; votes: string }, { singleton_add, cost_reduction }: Closeness): string {
        const { say } = this.words
        // Without a number that says something nothing is said.
        const missing =
            singleton_add &&
            (singleton_add.enough || singleton_add.amount > 0) &&
            this.bounded(singleton_add, grouped(this.words.language, String(singleton_add.amount)))
        const less = cost_reduction?.enough && this.bounded(cost_reduction, this.money(cost_reduction.amount))
        if (missing && less) return say('counting.lost_both', { ...given, missing, less })
        if (missing) return say('counting.lost_votes', { ...given, missing })
        if (less) return say('counting.lost_cost', { ...given, less })
        return say(singleton_add || cost_reduction ? 'counting.lost_unknown' : 'counting.lost', given)
    }

    private margin(change: Change, instead: readonly number[]): string {
        const lost = this.bounded(change, this.votes(change.amount))
        return instead.length === 0
            ? this.words.say('counting.margin', { lost })
            : this.words.say('counting.margin_instead', { lost, others: this.list(instead) })
    }

    bounded(change: Change, amount: string): string {
        if (!change.enough) return this.words.say('counting.more_than', { amount })
        return change.smallest ? amount : this.words.say('counting.at_most', { amount })
    }
}

export const ballots_of = (election: Election): number => ballot_total(election.ballots)
