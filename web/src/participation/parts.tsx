import type { ReactNode } from 'react'
import type { Words } from '../words/words.ts'
import type { Fault } from './counting/fault.ts'

interface NoticeProps {
    words: Words
    tone: 'info' | 'success' | 'warning' | 'danger'
    heading: string
    level?: 2 | 3
    children?: ReactNode
}

/// The same notice as the server's pages: the tone is a colour, and a word that screen readers hear.
export function Notice({ words, tone, heading, level = 3, children }: NoticeProps) {
    const Heading = level === 2 ? 'h2' : 'h3'
    return (
        <div className="ds-alert recount-notice" data-color={tone}>
            <Heading className="ds-heading" data-size="2xs">
                <span className="ds-sr-only">{words.say(`parts.tone_${tone}`)}: </span>
                {heading}
            </Heading>
            {children}
        </div>
    )
}

const sentence_of = (words: Words, { code, given }: Fault): string => words.lookup(`recount.fault.${code.replaceAll('-', '_')}`, given)

/// Why a count ended: what it says of the vote, or what the browser says of the program.
export const why_in_words = (words: Words, why: string | Fault): string => (typeof why === 'string' ? why : sentence_of(words, why))

export function fault_in_words(words: Words, fault: Fault, file: string): string {
    const sentence = sentence_of(words, fault)
    if (fault.path !== undefined) return `${words.say('recount.fault.in_result', { file, path: fault.path })} ${sentence}`
    if (fault.line === undefined) return `${words.say('recount.fault.file', { file })} ${sentence}`
    return `${words.say('recount.fault.place', { file, line: String(fault.line), column: String(fault.column ?? 1) })} ${sentence}`
}

/// How much of the budget is spent, with what this project took of it. The line at the end is the budget.
export function BudgetBar({ before, own, budget, label }: { before: number; own: number; budget: number; label: string }) {
    const part = (amount: number) => (budget > 0 ? (100 * amount) / budget : 0)
    return (
        <svg className="recount-bar" viewBox="0 0 100 4" preserveAspectRatio="none" role="img" aria-label={label}>
            <rect className="recount-bar-all" width="100" height="4" />
            <rect className="recount-bar-before" width={part(before)} height="4" />
            <rect className="recount-bar-own" x={part(before)} width={part(own)} height="4" />
            <rect className="recount-bar-line" x="99.6" width="0.4" height="4" />
        </svg>
    )
}

/// A table that may be wider than the page.
export function Scroll({ label, children }: { label: string; children: ReactNode }) {
    return (
        <div className="bp-scroll recount-table" tabIndex={0} role="region" aria-label={label}>
            {children}
        </div>
    )
}

/// Waiting: how far it has come, and a way out.
export function Working({ words, text, stop }: { words: Words; text: string; stop?: () => void }) {
    return (
        <div className="recount-working">
            <span className="ds-spinner recount-spinner" aria-hidden="true" />
            <span>{text}</span>
            {stop && (
                <button type="button" className="ds-button" data-variant="tertiary" data-size="sm" onClick={stop}>
                    {words.say('recount.stop')}
                </button>
            )}
        </div>
    )
}
