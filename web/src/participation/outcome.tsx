import { useState } from 'react'
import type { Words } from '../words/words.ts'
import type { Closeness } from './counting/distance.ts'
import { to_number } from './counting/fraction.ts'
import { one_krone } from './counting/money.ts'
import type { CountResult, Round } from './counting/result.ts'
import { BudgetBar, Working } from './parts.tsx'
import type { Counted, Summary } from './protocol.ts'
import type { Teller } from './sentences.ts'
import { type Session, Stopped } from './session.ts'

export interface OutcomeProps {
    words: Words
    teller: Teller
    summary: Summary
    counted: Counted
    session: Session
}

/// Beyond this a count is not repeated some dozens of times without asking.
const quick = 150

/// What a share is in kroner, to whole øre.
export function kroner(teller: Teller, value: number): string {
    return teller.money(Math.round(value * one_krone))
}

function bought_by(teller: Teller, words: Words, result: CountResult, round: Round): string[] {
    const told = [words.say('recount.round_bought', { n: String(result.rounds.indexOf(round) + 1) })]
    if (round.phase !== 'rule') told.push(`${words.lookup(`recount.phase.${round.phase.replace('-', '_')}`)}.`)
    if (!round.share) return told
    const share = kroner(teller, to_number(round.share))
    told.push(words.say(round.effective_votes ? 'recount.round_share' : 'recount.round_load', { share }))
    if (round.paid_all_they_had) told.push(words.plural('recount.round_all', round.paid_all_they_had))
    return told
}

type Known = { state: 'unknown' } | { state: 'counting'; counts: number } | { state: 'known'; closeness: Closeness } | { state: 'failed'; why: string }

/// Opened with "Hvorfor?": the project's story, the round in which it was bought, and how close it was.
function Why({ words, teller, counted, session, project }: OutcomeProps & { project: number }) {
    const { result, milliseconds } = counted
    const [known, set_known] = useState<Known>({ state: 'unknown' })
    const round = result.rounds.find((bought) => bought.project === project)
    const story = teller.project(result, project, known.state === 'known' ? known.closeness : undefined)
    const can_be_close = round?.phase !== 'free' && !result.excluded.has(project)

    const work_out = () => {
        set_known({ state: 'counting', counts: 0 })
        session
            .closeness(project, (counts) => set_known({ state: 'counting', counts }))
            .then((answer) => set_known(answer.ok ? { state: 'known', closeness: answer.value } : { state: 'failed', why: answer.fault.code }))
            .catch((why: unknown) => set_known(why instanceof Stopped ? { state: 'unknown' } : { state: 'failed', why: String(why) }))
    }
    const open = (is_open: boolean) => is_open && can_be_close && known.state === 'unknown' && milliseconds < quick && work_out()

    return (
        <details className="ds-details recount-why" onToggle={(event) => open(event.currentTarget.open)}>
            <summary aria-label={words.say('recount.why_of', { name: teller.name(project) })}>{words.say('recount.why')}</summary>
            <div>
                {story && <p>{story}</p>}
                {round && <p>{bought_by(teller, words, result, round).join(' ')}</p>}
                {can_be_close && known.state === 'unknown' && (
                    <p>
                        <button type="button" className="ds-button" data-variant="secondary" data-size="sm" onClick={work_out}>
                            {words.say('recount.how_close')}
                        </button>{' '}
                        {milliseconds >= quick && <span className="bp-quiet">{words.say('recount.how_close_long')}</span>}
                    </p>
                )}
                <div role="status">
                    {known.state === 'counting' && (
                        <Working words={words} text={words.say('recount.how_close_running', { n: String(known.counts) })} stop={() => session.stop()} />
                    )}
                    {known.state === 'failed' && <p>{words.say('recount.broke', { why: known.why })}</p>}
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
                        <span className="recount-votes">{teller.votes(result.votes[round.project]!)}</span>
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
    losers.sort((a, b) => result.votes[b]! - result.votes[a]!)
    return (
        <ul className="recount-projects">
            {losers.map((project) => (
                <li key={project} data-project={project}>
                    <span className="recount-name">{teller.name(project)}</span>
                    <span className="recount-votes">{teller.votes(result.votes[project]!)}</span>
                    <span className="recount-price">{teller.money(summary.election.projects[project]!.cost)}</span>
                    <Why {...props} project={project} />
                </li>
            ))}
        </ul>
    )
}

/// Who won, in one list with prices and a bar to the budget line, and who did not.
export function Outcome(props: OutcomeProps) {
    const { words, teller, counted, summary } = props
    const { result } = counted
    return (
        <>
            <p className="ds-paragraph" data-size="lg">
                {teller.whole(result, summary.ballots)}
            </p>
            <h3 className="ds-heading" data-size="xs">
                {words.plural('recount.won_heading', result.winners.length)}
            </h3>
            {result.greedy_preferred && <p>{words.say('recount.greedy_preferred')}</p>}
            <Winners {...props} />
            <p>{words.say('recount.left', { left: teller.money(result.budget - result.spent) })}</p>
            {result.winners.length < summary.election.projects.length && (
                <>
                    <h3 className="ds-heading" data-size="xs">
                        {words.say('recount.lost_heading')}
                    </h3>
                    <Losers {...props} />
                </>
            )}
        </>
    )
}
