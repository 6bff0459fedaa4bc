import type { Words } from '../words/words.ts'
import { type Closest, closest, CloseTables, Measures } from './closeness.tsx'
import { one_krone } from './counting/money.ts'
import type { CountResult, Round } from './counting/result.ts'
import type { Rule } from './counting/rule.ts'
import { askable, type Distances, type Effort, type HowClose } from './distances.ts'
import { BudgetBar, why_in_words, Working } from './parts.tsx'
import { Pots } from './all_figures.tsx'
import type { Counted, Summary } from './protocol.ts'
import type { Teller } from './sentences.ts'

export interface OutcomeProps {
    words: Words
    teller: Teller
    summary: Summary
    counted: Counted & { rule: Rule }
    close: HowClose
    effort: Effort
    distances: Distances | undefined
    file: string
}

/// What a share is in kroner, to whole øre.
export function kroner(teller: Teller, value: number): string {
    return teller.money(Math.round(value * one_krone))
}

function bought_by(teller: Teller, words: Words, result: CountResult, round: Round): string[] {
    const told = [words.say('recount.round_bought', { n: String(result.rounds.indexOf(round) + 1) })]
    if (round.phase !== 'rule') told.push(`${teller.lookup_counted(`recount.phase.${round.phase.replace('-', '_')}`)}.`)
    const paid = teller.payments(round)
    return paid === undefined ? told : [...told, paid]
}

/// Too much for a browser: what does it instead.
function LeftOut({ words, file }: { words: Words; file: string }) {
    return (
        <p>
            {words.say('recount.close.left_out')} <code className="recount-command">bypuls count {file} --explain</code>
        </p>
    )
}

/// Opened with "Hvorfor?": the project's story, the round in which it was bought, and how close it was.
function Why({ words, teller, summary, counted, close, effort, distances, file, project }: OutcomeProps & { project: number }) {
    const { result } = counted
    const round = result.rounds.find((bought) => bought.project === project)
    const closeness = close.known.get(project)
    const story = teller.project(result, project, closeness)
    const can_be_close = askable(summary, counted).includes(project)
    const running = close.running?.project === project ? close.running : undefined
    const asked = running !== undefined || close.waiting.includes(project)
    const unknown = can_be_close && !closeness && !asked
    return (
        <details className="ds-details recount-why">
            <summary aria-label={words.say('recount.why_of', { name: teller.name(project) })}>{words.say('recount.why')}</summary>
            <div>
                <p>{story}</p>
                {round && <p>{bought_by(teller, words, result, round).join(' ')}</p>}
                {closeness && can_be_close && <Measures {...{ words, teller, closeness }} kind={summary.election.kind} won={round !== undefined} />}
                {unknown && effort === 'left-out' && <LeftOut words={words} file={file} />}
                {unknown && effort !== 'left-out' && (
                    <p>
                        <button type="button" className="ds-button" data-variant="secondary" data-size="sm" onClick={() => distances?.ask([project])}>
                            {words.say('recount.how_close')}
                        </button>{' '}
                        {effort === 'when-asked' && <span className="bp-quiet">{words.say('recount.how_close_long')}</span>}
                    </p>
                )}
                <div role="status">
                    {asked && <Working words={words} text={words.say('recount.how_close_running', { n: String(running?.counts ?? 0) })} stop={() => distances?.stop()} />}
                </div>
            </div>
        </details>
    )
}

function Winners(props: OutcomeProps) {
    const { words, teller, counted } = props
    const { result } = counted
    let before = 0
    return (
        <ol className="recount-projects">
            {result.rounds.map((round) => {
                const spent = before
                before += round.paid
                const label = words.say('recount.bar', { spent: teller.money(before), budget: teller.money(result.budget) })
                return (
                    <li key={round.project} data-project={round.project}>
                        <span className="recount-name">{teller.name(round.project)}</span>
                        <span className="recount-votes">{teller.got(result, round.project)}</span>
                        <span className="recount-price">{teller.money(round.paid)}</span>
                        <BudgetBar before={spent} own={round.paid} budget={result.budget} label={label} />
                        <Why {...props} project={round.project} />
                    </li>
                )
            })}
        </ol>
    )
}

function Losers(props: OutcomeProps) {
    const { teller, counted, summary } = props
    const { result } = counted
    const losers = summary.election.projects.map((_, project) => project).filter((project) => !result.winners.includes(project))
    losers.sort((a, b) => result.scores[b]! - result.scores[a]!)
    return (
        <ul className="recount-projects">
            {losers.map((project) => (
                <li key={project} data-project={project}>
                    <span className="recount-name">{teller.name(project)}</span>
                    <span className="recount-votes">{teller.got(result, project)}</span>
                    <span className="recount-price">{teller.money(summary.election.projects[project]!.cost)}</span>
                    <Why {...props} project={project} />
                </li>
            ))}
        </ul>
    )
}

/// The key of a sentence on why those won who did; nothing where the rule is none that a sentence tells.
function why_they_won(teller: Teller, { result, rule }: Counted & { rule: Rule }): string | undefined {
    const paid = result.rounds.filter(({ phase }) => phase !== 'free')
    if (paid.length === 0 || result.greedy_preferred) return undefined
    if (paid.every(({ phase }) => phase === 'fund-all')) return 'why_all'
    switch (rule.method) {
        case 'greedy':
            return teller.counted(rule.order === 'score-per-cost' ? 'why_per_cost' : 'why_greedy')
        case 'equal-shares':
            return paid.some(({ phase }) => phase === 'utilitarian') ? teller.counted('why_shares_filled') : 'why_shares'
        case 'phragmen':
            return 'why_phragmen'
        case 'knapsack':
            return undefined
    }
}

/// The loser that lacked least. Where points decide: voters more, and what they would have had to do.
function nearest_in_words(words: Words, teller: Teller, { project, change }: Closest): string {
    const { say } = words
    const whom = { project: teller.list([project]) }
    if (!teller.by_points) return say('recount.first.nearest', { ...whom, missing: teller.bounded(change, teller.votes(change.amount)) })
    const voters = teller.bounded(change, teller.supporters(change.amount))
    const points = teller.most_of_one_ballot
    return points === undefined ? say('recount.first.nearest_ranking', { ...whom, voters }) : say('recount.first.nearest_points', { ...whom, voters, points })
}

/// The answer first: who won and why, and how close it was as far as that is known of all.
export function First({ words, teller, summary, counted, close }: OutcomeProps) {
    const { say } = words
    const { result } = counted
    const why = why_they_won(teller, counted)
    const some = result.winners.slice(0, 3)
    const more = result.winners.length - some.length
    const told =
        some.length === 0 ? say('recount.first.nobody')
        : more > 0 ? words.plural('recount.first.won_more', more, { projects: some.map((project) => teller.list([project])).join(', ') })
        : say('recount.first.won', { projects: teller.list(some) })
    const all_known = askable(summary, counted).every((project) => close.known.has(project))
    const { nearest, weakest } = all_known ? closest(result, close.known) : {}
    return (
        <p className="ds-paragraph recount-first" data-size="lg">
            {told}
            {why && ` ${words.lookup(`recount.first.${why}`)}`}
            {nearest && ` ${nearest_in_words(words, teller, nearest)}`}
            {weakest && ` ${say('recount.first.weakest', { project: teller.list([weakest.project]), lost: teller.bounded(weakest.change, teller.supporters(weakest.change.amount)) })}`}
            {[nearest, weakest].some((one) => one && !one.sure) && ` ${say('recount.first.unsure')}`}
        </p>
    )
}

/// How close it was, project by project: worked out, on the way, offered, or left to the program.
function Close(props: OutcomeProps) {
    const { words, teller, summary, counted, close, effort, distances, file } = props
    const { say } = words
    const all = askable(summary, counted)
    const left = all.filter((project) => !close.known.has(project))
    const working = close.running !== undefined || close.waiting.length > 0
    return (
        <section className="recount-close">
            <h3 className="ds-heading" data-size="xs">
                {say('recount.close.heading')}
            </h3>
            {effort === 'left-out' && left.length > 0 && <LeftOut words={words} file={file} />}
            {effort !== 'left-out' && left.length > 0 && !working && (
                <p>
                    <button type="button" className="ds-button" data-variant="secondary" data-size="sm" onClick={() => distances?.ask(left)}>
                        {say('recount.close.ask_all')}
                    </button>{' '}
                    {effort === 'when-asked' && <span className="bp-quiet">{say('recount.how_close_long')}</span>}
                </p>
            )}
            <div role="status">
                {working && (
                    <Working words={words} text={say('recount.close.running', { known: String(all.length - left.length), all: String(all.length) })} stop={() => distances?.stop()} />
                )}
                {close.failed && <p>{say('recount.broke', { why: why_in_words(words, close.failed) })}</p>}
                {left.length === 0 && <p>{say('recount.close.done')}</p>}
            </div>
            {close.known.size > 0 && <CloseTables {...{ words, teller, close }} result={counted.result} kind={summary.election.kind} />}
        </section>
    )
}

/// Who won, in one list with prices and a bar to the budget line, and who did not.
export function Outcome(props: OutcomeProps) {
    const { words, teller, counted, summary } = props
    const { result, figures } = counted
    return (
        <>
            <p>{teller.whole(result, summary.ballots)}</p>
            <h3 className="ds-heading" data-size="xs">
                {words.plural('recount.won_heading', result.winners.length)}
            </h3>
            {result.greedy_preferred && <p>{teller.lookup_counted('recount.greedy_preferred')}</p>}
            <Winners {...props} />
            <p>{words.say('recount.left', { left: teller.money(result.budget - result.spent) })}</p>
            <Pots {...{ words, teller }} pots={figures.pots} />
            {result.winners.length < summary.election.projects.length && (
                <>
                    <h3 className="ds-heading" data-size="xs">
                        {words.say('recount.lost_heading')}
                    </h3>
                    <Losers {...props} />
                </>
            )}
            <Close {...props} />
        </>
    )
}
