import type { Words } from '../words/words.ts'
import type { Teller } from './sentences.ts'
import { Notice } from './parts.tsx'
import type { Verdict } from './verdict.ts'
import type { Money } from './counting/money.ts'
import type { Project } from './counting/election.ts'

interface Props {
    words: Words
    teller: Teller
    projects: readonly Project[]
    verdict: Verdict
    /// The file the outcome stands in.
    file: string
    /// The rule counted by, in words.
    rule: string
    /// The file with the ballots that were counted.
    ballots: string
    spent: Money
}

/// Says whether a published outcome follows from the ballots, and if not, where it differs.
export function Published({ words, teller, projects, verdict, file, rule, spent, ballots }: Props) {
    const { say } = words
    const source = say(verdict.source === 'file' ? 'recount.source_file' : 'recount.source_result', { file })
    const names = (ids: string[]) => {
        const known = ids.map((id) => projects.findIndex((project) => project.id === id))
        return known.includes(-1) ? ids.join(', ') : teller.list(known)
    }
    const reserved = verdict.reserved.length > 0 && <p>{say('recount.reserved', { projects: names(verdict.reserved) })}</p>
    const others = verdict.other_ballots && <p>{say('recount.other_ballots', { source, file: ballots })}</p>
    if (verdict.incomparable) {
        return (
            <Notice words={words} tone="info" heading={source}>
                <p>{say('recount.other_rule')}</p>
                {others}
            </Notice>
        )
    }
    if (verdict.follows) {
        return (
            <Notice words={words} tone="success" heading={say('recount.follows_heading')}>
                <p>
                    {say('recount.follows', { source })} {verdict.other_ballots === false && say('recount.same_ballots')}
                </p>
                {reserved}
            </Notice>
        )
    }
    const other_winners = verdict.only_ours.length + verdict.only_theirs.length > 0
    return (
        <Notice words={words} tone="danger" heading={say('recount.differs_heading')}>
            {others}
            {other_winners && <p>{say('recount.differs', { source, rule })}</p>}
            {verdict.only_theirs.length > 0 && <p>{say('recount.only_theirs', { projects: names(verdict.only_theirs) })}</p>}
            {verdict.only_ours.length > 0 && <p>{say('recount.only_ours', { projects: names(verdict.only_ours) })}</p>}
            {verdict.other_order && <p>{say('recount.differs_order', { source })}</p>}
            {verdict.their_spent !== undefined && (
                <p>{say('recount.differs_spent', { source, theirs: teller.money(verdict.their_spent), ours: teller.money(spent) })}</p>
            )}
            {verdict.elsewhere && <p>{say('recount.differs_elsewhere', { source, path: verdict.elsewhere.path, theirs: verdict.elsewhere.published, ours: verdict.elsewhere.counted })}</p>}
            {reserved}
        </Notice>
    )
}
