import { Heading, Paragraph, Table } from '@digdir/designsystemet-react'
import { call, type Schemas } from '../api/client.ts'
import type { Words } from '../words/words.ts'
import { useLoad, useStaff } from './context.tsx'
import { ScrollTable, Shown, State } from './parts.tsx'

type Source = Schemas['Health']['sources'][number]
const tones = { ok: 'success', warning: 'warning', failing: 'danger' } as const
const columns = ['received', 'stored', 'duplicate', 'quarantined', 'rejected', 'damaged', 'in_flight'] as const

/// received = stored + duplicate + quarantined + rejected + damaged + in flight.
export function missing(source: Source): number {
    return source.received - source.stored - source.duplicate - source.quarantined - source.rejected - source.damaged - source.in_flight
}

/// What a part is for. A bridge is named by whoever configured it.
export function part_name(words: Words, name: string): string {
    const text = words.lookup(`health.part_${name}`)
    return text.startsWith('[') ? name : text
}

export function Health() {
    const { words, format } = useStaff()
    const { say, lookup } = words
    const health = useLoad('health', (signal) => call('get', '/api/v1/staff/health', { signal }))
    const heading = (column: (typeof columns)[number]) =>
        column === 'received' || column === 'damaged' || column === 'in_flight' ? say(`health_staff.${column}`) : lookup(`outcome.${column}`)
    return (
        <>
            <Heading level={1} data-size="xs">
                {say('nav_staff.health')}
            </Heading>
            <Shown loaded={health}>
                {(it) => {
                    const lost = it.sources.reduce((sum, source) => sum + Math.abs(missing(source)), 0)
                    return (
                        <>
                            <Paragraph>
                                <State tone={tones[it.status]}>{say(`health.${it.status}`)}</State>{' '}
                                {say('health_staff.started', { age: format.age(Date.parse(it.started), Date.now()), version: it.version })}
                            </Paragraph>
                            <ul className="staff-checks">
                                {it.checks.map((check) => (
                                    <li key={check.name}>
                                        <State tone={tones[check.status]}>{say(`health.state_${check.status}`)}</State> <strong>{part_name(words, check.name)}</strong> {check.why && lookup(`health.why_${check.why}`)}
                                        {check.sentence && <div className="staff-quiet" lang="en">{check.sentence}</div>}
                                    </li>
                                ))}
                            </ul>
                            <Heading level={2} data-size="2xs">
                                {say('health_staff.sources')}
                            </Heading>
                            <Paragraph>{lost === 0 ? say('health_staff.balanced') : say('health_staff.unbalanced', { count: format.number(lost, 0) })}</Paragraph>
                            <ScrollTable label={say('health_staff.sources')} heads={[say('staff.source'), ...columns.map((column) => ({ number: heading(column) }))]}>
                                {it.sources.map((source) => (
                                    <Table.Row key={source.source}>
                                        <Table.HeaderCell scope="row">{source.source}</Table.HeaderCell>
                                        {columns.map((column) => (
                                            <Table.Cell key={column} className="staff-number">
                                                {format.number(source[column], 0)}
                                            </Table.Cell>
                                        ))}
                                    </Table.Row>
                                ))}
                            </ScrollTable>
                        </>
                    )
                }}
            </Shown>
        </>
    )
}
