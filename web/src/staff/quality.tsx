import { Heading, Search, Table } from '@digdir/designsystemet-react'
import { call } from '../api/client.ts'
import { decimals_of } from '../words/format.ts'
import { useLoad, useStaff } from './context.tsx'
import { Empty, ScrollTable, Shown, State, Way } from './parts.tsx'
import { rule_decimals, rule_span } from './rule_numbers.ts'
import { set_query, useRoute } from './route.ts'

const tones = { ok: 'success', late: 'warning', silent: 'danger', doubtful: 'warning', not_expected: 'neutral' } as const

export function Quality() {
    const { words, format } = useStaff()
    const { say, lookup } = words
    const q = useRoute().query.get('q') ?? ''
    const quality = useLoad(`quality ${q}`, (signal) => call('get', '/api/v1/staff/quality', { query: { q, limit: 200 }, signal }))
    return (
        <>
            <Heading level={1} data-size="xs">
                {say('nav_staff.quality')}
            </Heading>
            <Search data-size="sm">
                <Search.Input aria-label={say('staff.filter')} defaultValue={q} onChange={(event) => set_query('q', event.target.value)} />
            </Search>
            <Shown loaded={quality}>
                {({ items, total }) =>
                    items.length === 0 ? (
                        <Empty title={say('quality.empty_title')}>{say('quality.empty')}</Empty>
                    ) : (
                        <>
                            <p className="staff-quiet">{say('staff.count', { shown: String(items.length), total: String(total) })}</p>
                            <ScrollTable label={say('nav_staff.quality')} hover heads={[`${say('staff.place')} · ${say('quality.property')}`, say('staff.state'), say('quality.newest'), { number: say('quality.received') }, say('quality.flags'), say('quality.series')]}>
                                {items.map((it) => (
                                    <Table.Row key={it.datastream}>
                                        <Table.HeaderCell scope="row" title={it.property}>
                                            <div>{it.place || it.thing}</div>
                                            {it.place && it.thing && <div className="staff-quiet">{it.thing}</div>}
                                            <div className="staff-quiet">{it.property_name}</div>
                                        </Table.HeaderCell>
                                        <Table.Cell>
                                            <State tone={tones[it.state]}>{lookup(`quality.state_${it.state}`)}</State>
                                        </Table.Cell>
                                        <Table.Cell>
                                            {it.newest
                                                ? `${format.quantity(it.newest.value, decimals_of(it.unit), it.unit)}, ${format.age(Date.parse(it.newest.time), Date.now())}`
                                                : say('staff.never')}
                                        </Table.Cell>
                                        <Table.Cell className="staff-number">
                                            {say('staff.count', { shown: format.number(it.received_24h, 0), total: format.number(it.expected_24h, 0) })}
                                        </Table.Cell>
                                        <Table.Cell>
                                            {Object.entries(it.flags)
                                                .map(([flag, n]) => `${lookup(`flag.${flag}`)}: ${format.number(n, 0)}`)
                                                .join(' · ') || '–'}
                                        </Table.Cell>
                                        <Table.Cell>
                                            <Way to={`/staff/datastreams/${it.datastream}`}>{it.datastream}</Way>
                                        </Table.Cell>
                                    </Table.Row>
                                ))}
                            </ScrollTable>
                        </>
                    )
                }
            </Shown>
            <Rules />
        </>
    )
}

/// What each property's readings are judged by.
function Rules() {
    const { words, format } = useStaff()
    const { say } = words
    const rules = useLoad('quality-rules', (signal) => call('get', '/api/v1/staff/quality-rules', { signal }))
    const number = (value: number, unit: string) => format.quantity(value, rule_decimals(value), unit)
    const span = (seconds: number | null) => (seconds === null ? '–' : rule_span(words, format, seconds))
    return (
        <Shown loaded={rules}>
            {({ items }) => (
                <>
                    <Heading level={2} data-size="2xs">
                        {say('quality.rules')}
                    </Heading>
                    <p className="staff-quiet">{say('quality.rules_intro')}</p>
                    <ScrollTable label={say('quality.rules')} heads={['property', 'rule_range', 'rule_jump', 'rule_stuck', 'rule_gap', 'rule_stale', 'rule_late'].map((head) => words.lookup(`quality.${head}`))}>
                        {items.map((rule) => (
                            <Table.Row key={rule.property}>
                                <Table.HeaderCell scope="row" title={rule.property}>
                                    <div>{rule.property_name}</div>
                                    {rule.configured && <div className="staff-quiet">{say('quality.rule_configured')}</div>}
                                </Table.HeaderCell>
                                <Table.Cell>
                                    {rule.lowest === null && rule.highest === null
                                        ? '–'
                                        : `${rule.lowest === null ? '' : number(rule.lowest, rule.unit)} … ${rule.highest === null ? '' : number(rule.highest, rule.unit)}`}
                                </Table.Cell>
                                <Table.Cell>
                                    {rule.jump === null
                                        ? '–'
                                        : say('quality.rule_jump_value', { jump: number(rule.jump, rule.unit), per_hour: number(rule.per_hour, rule.unit) })}
                                </Table.Cell>
                                <Table.Cell>{span(rule.stuck_after_s)}</Table.Cell>
                                <Table.Cell>{span(rule.gap_after_s)}</Table.Cell>
                                <Table.Cell>{span(rule.stale_after_s)}</Table.Cell>
                                <Table.Cell>{span(rule.late_after_s)}</Table.Cell>
                            </Table.Row>
                        ))}
                    </ScrollTable>
                </>
            )}
        </Shown>
    )
}
