import { AllFigures } from './all_figures.tsx'
import type { Words } from '../words/words.ts'
import type { Beside } from './counting/beside.ts'
import type { Fault } from './counting/fault.ts'
import { why_in_words, Working } from './parts.tsx'
import type { Counted, Summary } from './protocol.ts'
import type { Teller } from './sentences.ts'

interface Props {
    words: Words
    teller: Teller
    summary: Summary
    counted: Counted
    known: BesideKnown
    ask: () => void
    stop: () => void
}

/// What other rules would have led to.
export type BesideKnown = { state: 'unknown' } | { state: 'counting' } | { state: 'known'; beside: Beside[] } | { state: 'failed'; why: string | Fault }

/// How many got something, how evenly, and what other rules would have led to.
export function FiguresOf({ words, teller, summary, counted, known, ask, stop }: Props) {
    const { say } = words
    return (
        <section className="recount-figures">
            <h3 className="ds-heading" data-size="xs">
                {say('recount.figures_heading')}
            </h3>
            {teller.figures(counted.figures, counted.result.votes).map((line) => (
                <p key={line}>{line}</p>
            ))}
            <AllFigures {...{ words, teller }} figures={counted.figures} costs={summary.election.projects.map(({ cost }) => cost)} />
            {known.state === 'unknown' && (
                <p>
                    <button type="button" className="ds-button" data-variant="secondary" data-size="sm" onClick={ask}>
                        {say('recount.beside')}
                    </button>
                </p>
            )}
            <div role="status">
                {known.state === 'counting' && <Working words={words} text={say('recount.counting')} stop={stop} />}
                {known.state === 'failed' && <p>{say('recount.broke', { why: why_in_words(words, known.why) })}</p>}
                {known.state === 'known' && known.beside.map((other) => <p key={other.rule.method}>{teller.beside(other)}</p>)}
            </div>
        </section>
    )
}
