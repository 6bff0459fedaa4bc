import type { Beside } from './counting/beside.ts'
import type { Change, Closeness } from './counting/distance.ts'
import { ballot_total, type Election } from './counting/election.ts'
import type { Figures } from './counting/figures.ts'
import { divided_by, type Fraction, times, to_number } from './counting/fraction.ts'
import { type Money, one_krone } from './counting/money.ts'
import { weighs_scores } from './counting/profile.ts'
import type { CountResult, Round } from './counting/result.ts'
import type { Rule } from './counting/rule.ts'
import { Format } from '../words/format.ts'
import { grouped, type Words } from '../words/words.ts'

const no_break_space = '\u00A0'

/// `most_of_one_ballot`: with points, what a new ballot gives the only project on it, in the election's parts of a point.
type About = Pick<Election, 'projects' | 'currency'> &
    Partial<Pick<Election, 'kind' | 'points_per_one' | 'ranking_length' | 'budget' | 'pots' | 'exclusive'>> & { most_of_one_ballot?: number }

/// True if what a project got is told in points: those on the ballots, or those that places in a ranking give.
export const counted_in_points = ({ kind }: About, rule?: Rule): boolean => kind === 'points' || (kind === 'ranking' && rule?.ranking !== 'approval')

/// A share of one in hundredths, with as many more decimals as it takes for what is neither none nor all not to look like it.
function percent_digits(words: Words, share: number): string {
    const format = new Format(words)
    const looks_like = (whole: number, decimals: number) => share !== whole && format.number(share * 100, decimals) === format.number(whole * 100, decimals)
    let decimals = 0
    while (decimals < 9 && (looks_like(0, decimals) || looks_like(1, decimals))) ++decimals
    return format.number(share * 100, decimals)
}

/// A count in plain words: the same sentences, from the same messages, as `bypuls count --explain`.
export class Teller {
    private readonly words: Words
    private readonly election: About
    private readonly rule: Rule | undefined

    /// Without a rule for names and money alone.
    constructor(words: Words, election: About, rule?: Rule) {
        this.words = words
        this.election = election
        this.rule = rule
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
        if (amount > 0 && amount < one_krone) return say('counting.ore', { amount: String(amount) })
        return say(amount === one_krone ? 'counting.krone' : 'counting.kroner', { amount: text })
    }

    list(projects: readonly number[]): string {
        const quoted = projects.map((project) => this.words.say('counting.quoted', { name: this.name(project) }))
        if (quoted.length < 2) return quoted.join('')
        return this.words.say('counting.and', { some: quoted.slice(0, -1).join(', '), last: quoted.at(-1)! })
    }

    votes = (count: number): string => this.words.plural('counting.votes', count)

    private points_number(score: number): string {
        const { language } = this.words
        const one = this.election.points_per_one ?? 1
        const part = score % one
        const decimals = part === 0 ? '' : (language === 'en' ? '.' : ',') + String(part / one).slice(2)
        return grouped(language, String((score - part) / one)) + decimals
    }

    /// "9 poeng" or "2,5 poeng"; `score` is in the election's parts of a point.
    private points(score: number): string {
        const one = this.election.points_per_one ?? 1
        return this.words.say(score === one ? 'counting.point' : 'counting.points', { amount: this.points_number(score) })
    }

    /// "412 stemmer", or "9 poeng fra 1 velger" where points decide.
    got({ votes, scores }: Pick<CountResult, 'votes' | 'scores'>, project: number): string {
        if (!this.by_points) return this.votes(votes[project]!)
        return this.words.say('counting.support', { points: this.points(scores[project]!), voters: this.words.plural('counting.voters', votes[project]!) })
    }

    /// True if what a project got is told in points.
    get by_points(): boolean {
        return counted_in_points(this.election, this.rule)
    }

    /// The name of a message that has another form where points decide.
    counted = (key: string): string => (this.by_points ? `${key}_points` : key)
    lookup_counted = (key: string): string => this.words.lookup(this.counted(key))

    /// What a new ballot gives the only project on it, in words; nothing where ballots have no points.
    get most_of_one_ballot(): string | undefined {
        return this.election.kind === 'points' ? this.points(this.election.most_of_one_ballot ?? 1) : undefined
    }

    /// "9" or "2,5": points alone, for a table.
    score = (score: number): string => this.points_number(score)

    /// So many of those who chose a project: their votes, or themselves where votes weigh more or less.
    supporters = (count: number): string => (this.by_points ? this.words.plural('counting.voters', count) : this.votes(count))

    /// "«Nord»", or the common budget.
    pot = (name: string): string => (name === '' ? this.words.say('counting.pot_common') : this.words.say('counting.quoted', { name }))

    private get has_pots(): boolean {
        return (this.election.pots ?? []).length > 0
    }

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
            ...this.pots(result),
            ...this.goes_by(),
            ...(this.election.exclusive ?? []).map((group) => say('counting.exclusive', { projects: this.list(group) })),
            ...(result.partial_left_out.length > 0 ? [say('counting.partial_left_out', { projects: this.list(result.partial_left_out) })] : []),
        ]
        const deciding = result.ties.filter(({ alternatives }) => alternatives.length > 0)
        for (const { tied, chosen } of deciding) told.push(say('counting.tie_decided', { tied: this.list(tied), chosen: this.list([chosen]) }))
        if (result.ties.length === 0) told.push(say('counting.tie_none'))
        else if (result.ties.some(({ explored }) => !explored)) told.push(say('counting.tie_unexplored'))
        else if (deciding.length === 0) told.push(say('counting.tie_same'))
        return told.join(' ')
    }

    /// What each pot spent. What a pot has left moves to the common budget where the rule says so.
    private pots({ rounds }: CountResult): string[] {
        if (!this.has_pots) return []
        const { projects, pots = [], budget = 0 } = this.election
        const own = (project: number) => projects[project]!.pot ?? ''
        let left_over = 0
        const told: string[] = []
        const tell = (name: string, whole: Money) => {
            const here = rounds.filter(({ project }) => own(project) === name)
            const spent = here.reduce((sum, { paid }) => sum + paid, 0)
            left_over += whole - spent
            if (!projects.some((_, project) => own(project) === name)) return
            const given = { pot: this.pot(name), spent: this.money(spent), budget: this.money(whole), projects: this.words.plural('counting.projects', here.length) }
            told.push(this.words.say('counting.whole_pot', given))
        }
        for (const pot of pots) tell(pot.name, pot.budget)
        tell('', budget + (this.rule?.left_over === 'to-common' ? left_over : 0))
        return told
    }

    /// What a vote or a point is, and whether points or voters decide; nothing where it goes without saying.
    private goes_by(): string[] {
        const { say, plural } = this.words
        const { election, rule } = this
        if (!rule) return []
        if (election.kind === 'ranking' && rule.ranking === 'approval') return rule.ranking_top > 0 ? [plural('counting.top_places', rule.ranking_top)] : []
        if (!counted_in_points(election, rule)) return []
        const longest = (election.ranking_length || election.projects.length) * (election.points_per_one ?? 1)
        const told = election.kind === 'ranking' ? [say('counting.borda', { most: this.points(longest) })] : []
        const shared = ['equal-shares', 'cumulative-transfer'].includes(rule.method)
        if (['greedy', 'knapsack', 'max-welfare'].includes(rule.method)) told.push(say('counting.by_points'))
        else if (shared && rule.utility !== 'cardinality') told.push(say('counting.by_payers'))
        // What fills the rest, and what the comparison is with, goes by points.
        else if (!shared || (rule.comparison === 'none' && !['util', 'add1u', 'add1eu'].includes(rule.completion))) told.push(say('counting.by_voters'))
        return told
    }

    percent = (share: number): string => this.words.say('counting.percent', { share: percent_digits(this.words, share) })

    /// To the nearest krone.
    about = (kroner: number): string => this.money(Math.round(kroner) * one_krone)

    /// How many got something, how evenly, and whether the payments prove the outcome.
    figures({ spent_share, voters_with_a_winner, mean_winners, mean_kroner, tenths, prices }: Figures, votes: readonly number[]): string[] {
        const { say } = this.words
        const winners = new Format(this.words).number(mean_winners, 1)
        const told = [say('counting.figures', { share: this.percent(voters_with_a_winner), winners, kroner: this.about(mean_kroner) })]
        if (tenths.length > 0) told.push(say('counting.tenths', { least: this.percent(tenths[0]!), most: this.percent(tenths.at(-1)!) }))
        if (this.has_pots) {
            const proved = prices.filter(({ pot, holds }) => holds && this.any_took_part_in(pot, votes))
            told.push(...proved.map(({ pot, share }) => say('counting.priced_pot', { pot: this.pot(pot), share: this.kroner(share) })))
        } else if (prices.length > 0 && prices.every(({ holds }) => holds) && spent_share > 0) {
            told.push(say('counting.priced', { share: this.kroner(prices.at(-1)!.share) }))
        }
        return told
    }

    private any_took_part_in = (name: string, votes: readonly number[]): boolean =>
        this.election.projects.some(({ pot = '', cost }, project) => pot === name && cost > 0 && votes[project]! > 0)

    /// To the nearest øre.
    kroner = (amount: Fraction): string => this.money(Math.round(to_number(amount) * one_krone))

    /// True if it is points that voters pay for.
    get pays_for_points(): boolean {
        return this.rule !== undefined && this.by_points && weighs_scores(this.election, this.rule)
    }

    private get parts_of_unit(): number {
        return this.pays_for_points ? (this.election.points_per_one ?? 1) : 1
    }

    /// What one unit cost whoever paid in full, and how many units that came to.
    worth = ({ share, effective_votes: worth }: Pick<Round, 'share' | 'effective_votes'>): { share?: Fraction; effective?: Fraction } => ({
        ...(share && { share: worth ? times(share, this.parts_of_unit) : share }),
        ...(worth && { effective: divided_by(worth, this.parts_of_unit) }),
    })

    /// Who could still pay for what was bought, and what they paid.
    payments(round: Round): string | undefined {
        const { say, plural, language } = this.words
        const { share, effective } = this.worth(round)
        if (!share) return undefined
        if (!effective) return say('counting.round_load', { share: this.kroner(share) })
        const whole = effective.over % effective.under === 0n
        const by_points = this.pays_for_points
        const amount = whole ? grouped(language, String(effective.over / effective.under)) : new Format(this.words).number(to_number(effective), 1)
        const in_votes = () => (whole ? this.votes(Number(effective.over / effective.under)) : say('counting.votes_about', { amount }))
        const told = {
            could: grouped(language, String(round.could_pay ?? 0)),
            voters: plural('counting.voters', round.supporters),
            share: this.kroner(share),
            effective: by_points ? say(amount === '1' ? 'counting.point' : 'counting.points', { amount }) : in_votes(),
        }
        return say(by_points ? 'counting.round_points' : 'counting.round_shares', told)
    }

    /// What another rule would have led to.
    beside({ rule, result, figures, gained, lost }: Beside): string {
        const { say, plural } = this.words
        const by_points = counted_in_points(this.election, rule)
        const told = [
            say('counting.beside', {
                rule: say(rule.method !== 'greedy' ? 'counting.beside_shares' : by_points ? 'counting.beside_greedy_points' : 'counting.beside_greedy'),
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

    /// One project's story. Without closeness it does not tell how close it was.
    project(result: CountResult, project: number, closeness?: Closeness): string {
        const round = result.rounds.find((bought) => bought.project === project)
        const given = { name: this.name(project), votes: this.got(result, project) }
        const { say } = this.words
        if (round?.phase === 'free') return say('counting.won_free', given)
        if (round) {
            const { cost } = this.election.projects[project]!
            const built =
                round.paid === cost
                    ? say('counting.won', { ...given, cost: this.money(cost) })
                    : say('counting.won_partly', { ...given, paid: this.money(round.paid), cost: this.money(cost) })
            const won = this.has_pots ? `${built} ${say('counting.won_pot', { pot: this.pot(round.pot ?? '') })}` : built
            const { margin, instead = [] } = closeness ?? {}
            return margin && (margin.enough || margin.amount > 0) ? `${won} ${this.margin(margin, instead)}` : won
        }
        const why = result.excluded.get(project)
        if (result.votes[project] === 0) return say(this.by_points ? 'counting.no_points' : 'counting.no_support', given)
        if (why === 'below-score') return say('counting.below_score', { ...given, least: this.least_score() })
        if (why) return say('counting.not_eligible', given)
        const rival = result.shut_out.get(project)
        const lost = rival !== undefined ? this.lost_to(given, this.name(rival), closeness) : closeness ? this.lost(given, closeness) : say('counting.lost_unknown', given)
        return this.has_pots ? `${lost} ${say('counting.lost_pot', { pot: this.pot(this.election.projects[project]!.pot ?? '') })}` : lost
    }

    private least_score(): string {
        const least = this.rule?.score_min ?? 0
        return this.by_points ? this.points(least * (this.election.points_per_one ?? 1)) : this.votes(least)
    }

    private lost(given: { name: string; votes: string }, { singleton_add: more, cost_reduction: cheaper }: Closeness): string {
        const { say } = this.words
        if (!more && !cheaper) return say('counting.lost', given)
        const told: string[] = []
        if (more?.enough && !this.by_points) {
            told.push(say('counting.lost_votes', { ...given, missing: this.fewest(more, grouped(this.words.language, String(more.amount))) }))
        } else {
            told.push(say('counting.lost_unknown', given))
            // Without a number that says something nothing is said.
            if (more && more.amount > 0) told.push(...(more.enough ? this.lacked_voters(more) : [this.not_enough(more)]))
        }
        return [...told, ...this.cheaper_by(cheaper, more?.enough === true)].join(' ')
    }

    /// Of a project that lost its place to a rival: money is not what it lacked.
    private lost_to(given: { name: string; votes: string }, rival: string, { singleton_add: more, cost_reduction: cheaper }: Closeness = {}): string {
        const { say } = this.words
        const told = [say('counting.shut_out', { ...given, rival })]
        if (more?.enough && !this.by_points) told.push(say('counting.shut_out_lacked', { missing: this.fewest(more, this.supporters(more.amount)) }))
        else if (more && more.amount > 0) told.push(...(more.enough ? this.lacked_voters(more) : [this.not_enough(more)]))
        return [...told, ...this.cheaper_by(cheaper, more?.enough === true)].join(' ')
    }

    /// What a lower price would have done; `besides`: after what more votes would have.
    private cheaper_by(cheaper: Change | undefined, besides: boolean): string[] {
        const { say } = this.words
        if (!cheaper?.enough) return []
        const text = say(besides ? 'counting.or_cheaper' : 'counting.if_cheaper', { less: this.money(cheaper.amount) })
        return cheaper.smallest ? [text] : [text, say('counting.perhaps_less')]
    }

    /// How many voters more would have been enough, and what they would have had to do.
    private lacked_voters(more: Change): string[] {
        const { say, plural } = this.words
        const text =
            this.election.kind === 'points'
                ? plural('counting.lacked_points', more.amount, { points: this.points(this.election.most_of_one_ballot ?? 1) })
                : plural('counting.lacked_first', more.amount)
        return more.smallest ? [text] : [text, say('counting.perhaps_fewer')]
    }

    private not_enough({ amount }: Change): string {
        return this.words.plural(this.by_points ? 'counting.not_enough_voters' : 'counting.not_enough_votes', amount)
    }

    private margin(change: Change, instead: readonly number[]): string {
        const { say } = this.words
        if (!change.enough) return say('counting.margin_more', { lost: this.supporters(change.amount) })
        const lost = this.fewest(change, this.supporters(change.amount))
        return instead.length === 0 ? say('counting.margin', { lost }) : say('counting.margin_instead', { lost, others: this.list(instead) })
    }

    /// The amount, and that fewer may do where that is not known.
    private fewest = (change: Change, amount: string): string => (change.smallest ? amount : this.words.say('counting.or_fewer', { amount }))

    /// In a table: the smallest amount that is known to be enough, or up to which none is.
    bounded(change: Change, amount: string): string {
        if (!change.enough) return this.words.say('counting.more_than', { amount })
        return change.smallest ? amount : this.words.say('counting.at_most', { amount })
    }
}

export const ballots_of = (election: Election): number => ballot_total(election.ballots)
