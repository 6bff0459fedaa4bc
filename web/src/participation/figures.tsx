import { useState } from 'react'
import type { Words } from '../words/words.ts'
import type { Beside } from './counting/beside.ts'
import { Working } from './parts.tsx'
import type { Counted } from './protocol.ts'
import type { Teller } from './sentences.ts'
import { type Session, Stopped } from './session.ts'

interface Props {
    words: Words
    teller: Teller
    counted: Counted
    session: Session
}

type Known = { state: 'unknown' } | { state: 'counting' } | { state: 'known'; beside: Beside[] } | { state: 'failed'; why: string }

/// How many got something, how evenly, and what other rules would have led to.
export function FiguresOf({ words, teller, counted, session }: Props) {
    const { say } = words
    const [known, set_known] = useState<Known>({ state: 'unknown' })
    const work_out = () => {
        set_known({ state: 'counting' })
        session
            .beside()
            .then((answer) => set_known(answer.ok ? { state: 'known', beside: answer.value } : { state: 'failed', why: answer.fault.code }))
            .catch((why: unknown) => set_known(why instanceof Stopped ? { state: 'unknown' } : { state: 'failed', why: String(why) }))
    }
    return (
        <section className="recount-figures">
            <h3 className="ds-heading" data-size="xs">
                {say('recount.figures_heading')}
            </h3>
            {teller.figures(counted.figures, counted.priced).map((line) => (
                <p key={line}>{line}</p>
            ))}
            {known.state === 'unknown' && (
                <p>
                    <button type="button" className="ds-button" data-variant="secondary" data-size="sm" onClick={work_out}>
                        {say('recount.beside')}
                    </button>
                </p>
            )}
            <div role="status">
                {known.state === 'counting' && <Working words={words} text={say('recount.counting')} stop={() => session.stop()} />}
                {known.state === 'failed' && <p>{say('recount.broke', { why: known.why })}</p>}
                {known.state === 'known' && known.beside.map((other) => <p key={other.method}>{teller.beside(other)}</p>)}
            </div>
        </section>
    )
}
