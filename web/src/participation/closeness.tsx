import { grouped, type Words } from '../words/words.ts'
import type { Change, Closeness } from './counting/distance.ts'
import type { BallotKind } from './counting/election.ts'
import type { CountResult } from './counting/result.ts'
import type { HowClose } from './distances.ts'
import { Scroll } from './parts.tsx'
import type { Teller } from './sentences.ts'

const measures = ['cost_reduction', 'singleton_add', 'optimist_add', 'random_add', 'pessimist_add', 'rivalry_reduction'] as const
const additions: readonly string[] = ['optimist_add', 'random_add', 'pessimist_add']
type Measure = (typeof measures)[number]

/// Why some measures make no sense for these ballots.
const without_additions: Partial<Record<BallotKind, string>> = {
    'choose-1': 'recount.close.no_additions_choice',
    points: 'recount.close.no_additions_points',
    ranking: 'recount.close.no_additions_ranking',
}

export const measures_of = (kind: BallotKind): readonly Measure[] => measures.filter((measure) => !(kind in without_additions) || !additions.includes(measure))

interface Shown {
    words: Words
    teller: Teller
}

/// "at most 12 voters", "not with any number"; a dash where nothing was found out.
export function change_in_words({ words, teller }: Shown, measure: Measure | 'margin', change: Change | undefined): string {
    if (!change) return words.say(measure === 'margin' ? 'recount.close.never_lost' : 'recount.close.never')
    if (!change.enough && change.amount === 0) return words.say('recount.close.not_found')
    const amount = measure === 'cost_reduction' ? teller.money(change.amount) : words.plural('recount.close.voters', change.amount)
    return teller.bounded(change, amount)
}

const got_number = ({ words, teller }: Shown, { votes, scores }: CountResult, project: number): string =>
    teller.by_points ? teller.score(scores[project]!) : grouped(words.language, String(votes[project]))

/// What would have turned the outcome for one project.
export function Measures({ words, teller, kind, closeness, won }: Shown & { kind: BallotKind; closeness: Closeness; won: boolean }) {
    if (won) {
        return closeness.margin ? null : <p>{words.say('recount.close.never_lost')}</p>
    }
    const reason = without_additions[kind]
    return (
        <>
            <p>{words.say('recount.close.lead')}</p>
            <dl className="recount-facts">
                {measures_of(kind).map((measure) => (
                    <div key={measure} data-measure={measure}>
                        <dt>{words.lookup(`recount.close.${measure}`)}</dt>
                        <dd>{change_in_words({ words, teller }, measure, closeness[measure])}</dd>
                    </div>
                ))}
            </dl>
            {reason && <p className="bp-quiet">{words.lookup(reason)}</p>}
        </>
    )
}

interface TableProps extends Shown {
    result: CountResult
    kind: BallotKind
    close: HowClose
}

function Losers({ words, teller, result, kind, close }: TableProps) {
    const losers = [...close.known].filter(([project]) => !result.winners.includes(project)).sort(([a], [b]) => result.scores[b]! - result.scores[a]!)
    if (losers.length === 0) return null
    return (
        <Scroll label={words.say('recount.close.losers')}>
            <table className="ds-table" data-size="sm">
                <caption>{words.say('recount.close.losers')}</caption>
                <thead>
                    <tr>
                        <th scope="col">{words.say('recount.column_project')}</th>
                        <th scope="col" className="bp-number">
                            {words.say(teller.by_points ? 'recount.column_points' : 'recount.column_votes')}
                        </th>
                        {measures_of(kind).map((measure) => (
                            <th key={measure} scope="col">
                                {words.lookup(`recount.close.${measure}`)}
                            </th>
                        ))}
                    </tr>
                </thead>
                <tbody>
                    {losers.map(([project, closeness]) => (
                        <tr key={project}>
                            <th scope="row">{teller.name(project)}</th>
                            <td className="bp-number">{got_number({ words, teller }, result, project)}</td>
                            {measures_of(kind).map((measure) => (
                                <td key={measure}>{change_in_words({ words, teller }, measure, closeness[measure])}</td>
                            ))}
                        </tr>
                    ))}
                </tbody>
            </table>
        </Scroll>
    )
}

function Winners({ words, teller, result, close }: TableProps) {
    const winners = result.winners.filter((project) => close.known.has(project))
    if (winners.length === 0) return null
    return (
        <Scroll label={words.say('recount.close.winners')}>
            <table className="ds-table" data-size="sm">
                <caption>{words.say('recount.close.winners')}</caption>
                <thead>
                    <tr>
                        <th scope="col">{words.say('recount.column_project')}</th>
                        <th scope="col" className="bp-number">
                            {words.say(teller.by_points ? 'recount.column_points' : 'recount.column_votes')}
                        </th>
                        <th scope="col">{words.say('recount.close.margin')}</th>
                        <th scope="col">{words.say('recount.close.instead')}</th>
                    </tr>
                </thead>
                <tbody>
                    {winners.map((project) => {
                        const { margin, instead = [] } = close.known.get(project)!
                        return (
                            <tr key={project}>
                                <th scope="row">{teller.name(project)}</th>
                                <td className="bp-number">{got_number({ words, teller }, result, project)}</td>
                                <td>{change_in_words({ words, teller }, 'margin', margin)}</td>
                                <td>{!margin?.enough ? '–' : instead.length > 0 ? teller.list(instead) : words.say('recount.close.nobody')}</td>
                            </tr>
                        )
                    })}
                </tbody>
            </table>
        </Scroll>
    )
}

/// True if something of it was not searched to the end, so that "at most" or "more than" stands there.
const any_unsure = ({ instead: _, ...changes }: Closeness): boolean => Object.values(changes).some((change) => change && !(change.enough && change.smallest))

/// All that is known, in tables.
export function CloseTables(props: TableProps) {
    const reason = without_additions[props.kind]
    const unsure = [...props.close.known.values()].some(any_unsure)
    return (
        <details className="ds-details recount-more">
            <summary>{props.words.say('recount.close.all')}</summary>
            <div>
                <p>{props.words.say('recount.close.lead_all')}</p>
                {unsure && <p>{props.words.say('recount.close.unsure')}</p>}
                <Losers {...props} />
                <Winners {...props} />
                {reason && <p className="bp-quiet">{props.words.lookup(reason)}</p>}
            </div>
        </details>
    )
}

/// No smaller change is enough for certain.
function least_possible(change: Change | undefined): number {
    if (!change) return Infinity
    if (!change.enough) return change.amount + 1
    return change.smallest ? change.amount : 1
}

/// One of several, and by how much; `sure`: no other can be closer, however much more were searched.
export interface Closest {
    project: number
    change: Change
    sure: boolean
}

/// The loser that lacked fewest votes and the winner that could lose fewest, as far as they were found.
export function closest(result: CountResult, known: ReadonlyMap<number, Closeness>): { nearest?: Closest; weakest?: Closest } {
    const least = (of: (closeness: Closeness) => Change | undefined, won: boolean): Closest | undefined => {
        const all = [...known].filter(([project]) => result.winners.includes(project) === won).map(([project, closeness]) => ({ project, change: of(closeness) }))
        let best: { project: number; change: Change } | undefined
        for (const { project, change } of all) if (change?.enough && (!best || change.amount < best.change.amount)) best = { project, change }
        return best && { ...best, sure: all.every(({ project, change }) => project === best.project || least_possible(change) >= best.change.amount) }
    }
    const [nearest, weakest] = [least(({ singleton_add }) => singleton_add, false), least(({ margin }) => margin, true)]
    return { ...(nearest && { nearest }), ...(weakest && { weakest }) }
}
