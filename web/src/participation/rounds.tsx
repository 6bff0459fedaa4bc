import { Format } from '../words/format.ts'
import type { Words } from '../words/words.ts'
import { to_number } from './counting/fraction.ts'
import type { CountResult, Round } from './counting/result.ts'
import { kroner } from './outcome.tsx'
import { BudgetBar } from './parts.tsx'
import type { Teller } from './sentences.ts'

interface Props {
    words: Words
    teller: Teller
    result: CountResult
}

function endowment_in_words({ words, teller, result }: Props): string {
    const told = result.endowments.map(({ pot, share, raises }) => {
        const amount = kroner(teller, to_number(share))
        const each =
            result.endowments.length === 1
                ? words.say('recount.rounds_share', { share: amount })
                : words.say('recount.rounds_share_pot', { share: amount, pot: pot || words.say('recount.all.common') })
        return raises === 0 ? each : `${each} ${words.plural('recount.rounds_raised', raises)}`
    })
    return told.join(' ')
}

/// What was bought in each round, who paid what, and how much of the budget was spent then: a table with a bar in each row.
export function Rounds(props: Props) {
    const { words, teller, result } = props
    const { say } = words
    const format = new Format(words)
    const shares = result.rounds.some(({ share }) => share)
    const effective = result.rounds.some(({ effective_votes }) => effective_votes)
    const effective_of = (round: Round) => ((worth) => worth && format.number(to_number(worth), 1))(teller.worth(round).effective)
    const share_of = (round: Round) => ((share) => share && teller.kroner(share))(teller.worth(round).share)
    let spent = 0
    return (
        <section>
            <h3 className="ds-heading" data-size="xs" id="recount-rounds">
                {say('recount.rounds_heading')}
            </h3>
            <p>
                {say('recount.rounds_text')} {endowment_in_words(props)}
            </p>
            <div className="bp-scroll recount-rounds" tabIndex={0} role="region" aria-labelledby="recount-rounds">
                <table className="ds-table" data-size="sm">
                    <thead>
                        <tr>
                            <th scope="col">{say('recount.column_round')}</th>
                            <th scope="col">{say('recount.column_project')}</th>
                            <th scope="col">{say('recount.column_spent')}</th>
                            <th scope="col" className="bp-number">
                                {say('recount.column_price')}
                            </th>
                            <th scope="col" className="bp-number">
                                {say(teller.by_points ? 'recount.all.voters' : 'recount.column_votes')}
                            </th>
                            {effective && (
                                <th scope="col" className="bp-number">
                                    {say('recount.column_could_pay')}
                                </th>
                            )}
                            {effective && (
                                <th scope="col" className="bp-number">
                                    {teller.pays_for_points ? say('recount.column_effective_points') : say('recount.column_effective')}
                                </th>
                            )}
                            {shares && (
                                <th scope="col" className="bp-number">
                                    {teller.pays_for_points ? say('recount.column_pays_points') : say('recount.column_pays')}
                                </th>
                            )}
                        </tr>
                    </thead>
                    <tbody>
                        {result.rounds.map((round, at) => {
                            const before = spent
                            spent += round.paid
                            const label = say('recount.bar', { spent: teller.money(spent), budget: teller.money(result.budget) })
                            return (
                                <tr key={round.project}>
                                    <td>{at + 1}</td>
                                    <th scope="row">{teller.name(round.project)}</th>
                                    <td>
                                        <BudgetBar before={before} own={round.paid} budget={result.budget} label={label} />
                                    </td>
                                    <td className="bp-number">{teller.money(round.paid)}</td>
                                    <td className="bp-number">{format.number(round.supporters, 0)}</td>
                                    {effective && <td className="bp-number">{round.could_pay !== undefined && format.number(round.could_pay, 0)}</td>}
                                    {effective && <td className="bp-number">{effective_of(round)}</td>}
                                    {shares && <td className="bp-number">{share_of(round)}</td>}
                                </tr>
                            )
                        })}
                    </tbody>
                </table>
            </div>
        </section>
    )
}

export function Ties({ words, teller, result }: Props) {
    const { say } = words
    if (result.ties.length === 0) return null
    return (
        <section>
            <h3 className="ds-heading" data-size="xs">
                {say('recount.ties_heading')}
            </h3>
            <ul>
                {result.ties.map((tie, at) => (
                    <li key={at}>
                        {say('recount.tie', {
                            round: String(tie.round + 1),
                            tied: teller.list(tie.tied),
                            chosen: teller.list([tie.chosen]),
                            reason: tie.broken_by === 'more-votes' ? teller.lookup_counted('recount.reason.more_votes') : words.lookup(`recount.reason.${tie.broken_by.replace('-', '_')}`),
                        })}{' '}
                        {tie.on_the_way && say('recount.tie_on_the_way')}{' '}
                        {(tie.explored || tie.alternatives.length > 0) && say(tie.alternatives.length > 0 ? 'recount.tie_changed' : 'recount.tie_same')}
                    </li>
                ))}
            </ul>
        </section>
    )
}
