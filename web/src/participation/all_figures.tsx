import type { ReactNode } from 'react'
import { Format } from '../words/format.ts'
import { grouped, type Words } from '../words/words.ts'
import type { Figures, GroupFigures, PotShare } from './counting/figures.ts'
import type { PriceSystem } from './counting/prices.ts'
import { type VoterColumn, voter_columns } from './counting/voter_groups.ts'
import { Scroll } from './parts.tsx'
import type { Teller } from './sentences.ts'

interface Shown {
    words: Words
    teller: Teller
}

interface Column<Row> {
    name: string
    of: (row: Row) => ReactNode
    number?: boolean
}

/// A table with a row heading in its first column.
function Rows<Row>({ title, rows, columns }: { title: string; rows: readonly Row[]; columns: readonly Column<Row>[] }) {
    return (
        <Scroll label={title}>
            <table className="ds-table" data-size="sm">
                <caption>{title}</caption>
                <thead>
                    <tr>
                        {columns.map(({ name, number }) => (
                            <th key={name} scope="col" className={number ? 'bp-number' : undefined}>
                                {name}
                            </th>
                        ))}
                    </tr>
                </thead>
                <tbody>
                    {rows.map((row, at) => (
                        <tr key={at}>
                            {columns.map(({ name, of, number }, i) =>
                                i === 0 ? (
                                    <th key={name} scope="row">
                                        {of(row)}
                                    </th>
                                ) : (
                                    <td key={name} className={number ? 'bp-number' : undefined}>
                                        {of(row)}
                                    </td>
                                ),
                            )}
                        </tr>
                    ))}
                </tbody>
            </table>
        </Scroll>
    )
}

function Facts({ words, teller, figures }: Shown & { figures: Figures }) {
    const { say } = words
    const format = new Format(words)
    const both = (mean: string, median: string) => say('recount.all.mean_median', { mean, median })
    const facts: [string, string][] = [
        [say('recount.all.spent_share'), teller.percent(figures.spent_share)],
        [say('recount.all.with_a_winner'), teller.percent(figures.voters_with_a_winner)],
        [say('recount.all.excluded'), teller.percent(figures.excluded_voters)],
        [say('recount.all.winners'), both(format.number(figures.mean_winners, 2), format.number(figures.median_winners, Number.isInteger(figures.median_winners) ? 0 : 1))],
        [say('recount.all.kroner'), both(teller.about(figures.mean_kroner), teller.about(figures.median_kroner))],
        [say('recount.all.gini'), format.number(figures.gini_kroner, 3)],
    ]
    return (
        <>
            <dl className="recount-facts">
                {facts.map(([name, value]) => (
                    <div key={name}>
                        <dt>{name}</dt>
                        <dd>{value}</dd>
                    </div>
                ))}
            </dl>
            <p className="bp-quiet">{say('recount.all.gini_text')}</p>
        </>
    )
}

function Tenths({ words, teller, figures }: Shown & { figures: Figures }) {
    if (figures.tenths.length === 0) return null
    const rows = figures.tenths.map((share, at) => ({ share, at }))
    const columns: Column<(typeof rows)[number]>[] = [
        { name: words.say('recount.all.tenth'), of: ({ at }) => String(at + 1) },
        { name: words.say('recount.all.share'), of: ({ share }) => teller.percent(share), number: true },
    ]
    return <Rows title={words.say('recount.all.tenths')} rows={rows} columns={columns} />
}

/// What each pot had, used and left over.
export function Pots({ words, teller, pots }: Shown & { pots: readonly PotShare[] }) {
    if (pots.length < 2) return null
    const { say } = words
    const columns: Column<PotShare>[] = [
        { name: say('recount.all.pot'), of: ({ pot }) => pot || say('recount.all.common') },
        { name: say('recount.all.had'), of: ({ budget }) => teller.money(budget), number: true },
        { name: say('recount.all.used'), of: ({ spent }) => teller.money(spent), number: true },
        { name: say('recount.all.left'), of: ({ budget, spent }) => teller.money(budget - spent), number: true },
        { name: say('recount.all.of_cost'), of: ({ of_cost }) => teller.percent(of_cost), number: true },
        { name: say('recount.all.of_votes'), of: ({ of_votes }) => teller.percent(of_votes), number: true },
    ]
    return <Rows title={say('recount.all.pots')} rows={pots} columns={columns} />
}

function Groups({ words, teller, groups, by }: Shown & { groups: readonly GroupFigures[]; by: VoterColumn }) {
    const rows = groups.filter((group) => group.by === by)
    if (rows.length === 0) return null
    const { say } = words
    const name = (text: string) => (text === '' ? say('counting.group_others') : by === 'age' && text === 'under 18' ? say('recount.all.under_18') : text)
    const columns: Column<GroupFigures>[] = [
        { name: words.lookup(`recount.all.by_${by}`), of: (group) => name(group.name) },
        { name: say('recount.all.voters'), of: ({ voters }) => grouped(words.language, String(voters)), number: true },
        { name: say('recount.all.with_a_winner_short'), of: ({ with_a_winner }) => teller.percent(with_a_winner), number: true },
        { name: say('recount.all.winners_short'), of: ({ mean_winners }) => new Format(words).number(mean_winners, 2), number: true },
        { name: say('recount.all.kroner_short'), of: ({ mean_kroner }) => teller.about(mean_kroner), number: true },
    ]
    return <Rows title={words.lookup(`recount.all.groups_${by}`)} rows={rows} columns={columns} />
}

function Underserved({ words, teller, figures }: Shown & { figures: Figures }) {
    const { say } = words
    if (figures.underserved.length === 0) return <p>{say('recount.all.underserved_none')}</p>
    return (
        <>
            <p>{say('recount.all.underserved')}</p>
            <ul>
                {figures.underserved.map(({ project, supporters, got, share }) => (
                    <li key={project}>
                        {say('recount.all.underserved_one', {
                            project: teller.list([project]),
                            voters: words.plural('recount.close.voters', supporters),
                            got: teller.money(got),
                            share: teller.money(share),
                        })}
                    </li>
                ))}
            </ul>
        </>
    )
}

function Prices({ words, teller, system, costs, several }: Shown & { system: PriceSystem; costs: readonly number[]; several: boolean }) {
    const { say } = words
    const { holds, share, left, pot } = system
    const columns: Column<PriceSystem['left'][number]>[] = [
        { name: say('recount.column_project'), of: ({ project }) => teller.name(project) },
        { name: say('recount.column_price'), of: ({ project }) => teller.money(costs[project]!), number: true },
        { name: say('recount.all.have_left'), of: (one) => teller.kroner(one.left), number: true },
    ]
    const text = say(holds ? 'recount.all.prices_hold' : 'recount.all.prices_fail', { share: teller.kroner(share) })
    return (
        <>
            <p>
                {several && <strong>{pot || say('recount.all.common')}: </strong>}
                {text}
            </p>
            {left.length > 0 && <Rows title={say('recount.all.prices_left')} rows={left} columns={columns} />}
        </>
    )
}

/// Every figure of the result, behind two disclosures: how money and voters fared, and what the payments prove.
export function AllFigures({ words, teller, figures, costs }: Shown & { figures: Figures; costs: readonly number[] }) {
    const { say } = words
    return (
        <>
            {figures.groups.length > 0 && (
                <details className="ds-details recount-more">
                    <summary>{say('recount.all.groups')}</summary>
                    <div>
                        <p>{say('recount.all.groups_text')}</p>
                        {voter_columns.map((by) => (
                            <Groups key={by} {...{ words, teller, by }} groups={figures.groups} />
                        ))}
                    </div>
                </details>
            )}
            <details className="ds-details recount-more">
                <summary>{say('recount.all.summary')}</summary>
                <div>
                    <Facts {...{ words, teller, figures }} />
                    <Tenths {...{ words, teller, figures }} />
                    <Underserved {...{ words, teller, figures }} />
                </div>
            </details>
            {figures.prices.length > 0 && (
                <details className="ds-details recount-more">
                    <summary>{say('recount.all.prices')}</summary>
                    <div>
                        {figures.prices.map((system) => (
                            <Prices key={system.pot} {...{ words, teller, system, costs }} several={figures.prices.length > 1} />
                        ))}
                    </div>
                </details>
            )}
        </>
    )
}
