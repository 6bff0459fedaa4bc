import { useMemo } from 'react'
import type { Words } from '../words/words.ts'
import { rule_sha256 } from './counting/fingerprint.ts'
import type { Rule } from './counting/rule.ts'

/// What tells two counts of the same ballots by the same rule apart from all others.
export function Fingerprints({ words, ballots, rule }: { words: Words; ballots: string; rule: Rule }) {
    const { say } = words
    const of_rule = useMemo(() => rule_sha256(rule), [rule])
    return (
        <details className="ds-details recount-more">
            <summary>{say('recount.prints.heading')}</summary>
            <div>
                <p>{say('recount.prints.text')}</p>
                <dl className="recount-prints">
                    <dt>{say('recount.prints.ballots')}</dt>
                    <dd>
                        <code>{ballots}</code>
                    </dd>
                    <dt>{say('recount.prints.rule')}</dt>
                    <dd>
                        <code>{of_rule}</code>
                    </dd>
                </dl>
            </div>
        </details>
    )
}
