import { useState } from 'react'
import type { Choice } from './counting/election.ts'
import { minus, to_number } from './counting/fraction.ts'
import { type OwnChoice, own_view } from './counting/own_view.ts'
import { kroner } from './outcome.tsx'
import type { Counted, Summary } from './protocol.ts'
import type { Rule } from './counting/rule.ts'
import type { Teller } from './sentences.ts'
import type { Words } from '../words/words.ts'

/// A voter's own choices by project: 1, points, or places. Lives in the page's memory only.
export type Own = ReadonlyMap<number, number>

export interface OwnVoteProps {
    words: Words
    teller: Teller
    summary: Summary
    counted: Counted & { rule: Rule }
    own: Own
    set_own: (own: Own) => void
}

type Kind = Summary['election']['kind']

const legends = { points: 'recount.own.legend_points', ranking: 'recount.own.legend_places' } as const
const legend_of = (kind: Kind) => (kind === 'points' || kind === 'ranking' ? legends[kind] : 'recount.own.legend')

function without(own: Own, project: number): Map<number, number> {
    const rest = new Map(own)
    rest.delete(project)
    return rest
}

function Choose({ words, teller, summary, own, set_own }: Omit<OwnVoteProps, 'counted'>) {
    const { kind, projects } = summary.election
    const with_numbers = kind === 'points' || kind === 'ranking'
    const tick = (project: number, ticked: boolean) => {
        const others = kind === 'choose-1' ? new Map<number, number>() : without(own, project)
        set_own(ticked ? others.set(project, 1) : others)
    }
    const write = (project: number, text: string) => {
        const value = Number(text.replace(',', '.'))
        set_own(value > 0 && Number.isFinite(value) ? without(own, project).set(project, value) : without(own, project))
    }
    return (
        <fieldset className="ds-fieldset">
            <legend className="ds-label" data-weight="medium">
                {words.say(legend_of(kind))}
            </legend>
            <div className="recount-own-choices">
                {projects.map((_, project) => {
                    const id = `recount-own-${project}`
                    const label = (
                        <label className="ds-label" data-weight="regular" htmlFor={id}>
                            {teller.name(project)}
                        </label>
                    )
                    return with_numbers ? (
                        <div key={project} className="recount-own-number">
                            <input
                                className="ds-input"
                                id={id}
                                type="number"
                                min="0"
                                step={kind === 'points' ? 'any' : '1'}
                                value={own.get(project) ?? ''}
                                onChange={(event) => write(project, event.target.value)}
                            />
                            {label}
                        </div>
                    ) : (
                        <div key={project} className="ds-field">
                            <input
                                className="ds-input"
                                id={id}
                                type={kind === 'choose-1' ? 'radio' : 'checkbox'}
                                name={kind === 'choose-1' ? 'recount-own' : undefined}
                                checked={own.has(project)}
                                onChange={(event) => tick(project, event.target.checked)}
                            />
                            {label}
                        </div>
                    )
                })}
            </div>
        </fieldset>
    )
}

function choice_in_words({ words, teller }: OwnVoteProps, { phase, paid, all_she_had }: OwnChoice, shared_out: boolean): string {
    const { say } = words
    if (!phase) return say('recount.own.choice_lost')
    if (!paid) return say(shared_out ? 'recount.own.choice_otherwise' : 'recount.own.choice_won')
    if (paid.over === 0n) return say('recount.own.choice_paid_nothing')
    return say(all_she_had ? 'recount.own.choice_paid_rest' : 'recount.own.choice_paid', { paid: kroner(teller, to_number(paid)) })
}

function Became(props: OwnVoteProps) {
    const { words, teller, summary, counted, own } = props
    const { election } = summary
    const per_one = election.kind === 'points' ? election.points_per_one : 1
    const choices: Choice[] = [...own].map(([project, value]) => ({ project, value: Math.round(value * per_one) }))
    if (choices.length === 0) return null
    if (election.kind === 'ranking' && new Set(own.values()).size < own.size) return <p>{words.say('recount.own.places')}</p>
    const view = own_view(election, counted.rule, counted.result, choices)
    const won = view.choices.filter(({ phase }) => phase).length
    const told = [words.say('recount.own.won', { n: String(won), chosen: String(view.choices.length) })]
    if (won > 0) told.push(words.say('recount.own.money', { money: teller.money(view.money) }))
    if (view.share && view.left) {
        const [share, left] = [kroner(teller, to_number(view.share)), kroner(teller, to_number(view.left))]
        told.push(words.say('recount.own.share', { share, left, used: kroner(teller, to_number(minus(view.share, view.left))) }))
    }
    return (
        <>
            <p>{told.join(' ')}</p>
            <ul className="recount-own-became">
                {view.choices.map((choice) => (
                    <li key={choice.project} data-won={choice.phase !== undefined}>
                        <span className="recount-name">{teller.name(choice.project)}</span>
                        <span>{choice_in_words(props, choice, view.share !== undefined)}</span>
                    </li>
                ))}
            </ul>
        </>
    )
}

/// What one voter's choices led to, worked out here from what the voter fills in. Nothing of it leaves the page: no request, no address,
/// no storage.
export function OwnVote(props: OwnVoteProps) {
    const { words, own, set_own } = props
    const { say } = words
    const [open, set_open] = useState(own.size > 0)
    return (
        <details className="ds-details recount-own" open={open} onToggle={(event) => set_open(event.currentTarget.open)}>
            <summary>{say('recount.own.heading')}</summary>
            <div>
                <p>{say('recount.own.private')}</p>
                <Choose {...props} />
                <div role="status">
                    <Became {...props} />
                </div>
                {own.size > 0 && (
                    <p>
                        <button type="button" className="ds-button" data-variant="secondary" data-size="sm" onClick={() => set_own(new Map())}>
                            {say('recount.own.clear')}
                        </button>
                    </p>
                )}
            </div>
        </details>
    )
}
