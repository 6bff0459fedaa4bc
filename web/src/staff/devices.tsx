import { Button, Heading, Link, Paragraph, Search, Table, Textfield } from '@digdir/designsystemet-react'
import { type FormEvent, useState } from 'react'
import { call, type Schemas } from '../api/client.ts'
import { type Format, unit_symbol } from '../words/format.ts'
import type { Key, Words } from '../words/words.ts'
import { called } from './access.tsx'
import { useAct, useLoad, useStaff } from './context.tsx'
import { DeviceEvents, power_text } from './device_events.tsx'
import { Empty, Facts, Fault, Remove, Rows, ScrollTable, Shown, State, Way } from './parts.tsx'
import { chosen_place, PlaceSelect } from './place_select.tsx'
import { reveal } from './reveal.ts'
import { go, set_query, useRoute } from './route.ts'

type Device = Schemas['Device']
type Frame = Schemas['Frame']

export const outcome_tone = { stored: 'success', duplicate: 'neutral', quarantined: 'warning', rejected: 'danger', waiting: 'info' } as const
const state_tone = { ok: 'success', silent: 'warning', faulty: 'danger' } as const
const state_name: Record<Device['state'], Key> = { ok: 'devices.state_ok', silent: 'devices.state_silent', faulty: 'devices.state_faulty' }

export function Devices() {
    const { words, format } = useStaff()
    const { say } = words
    const { rest, query } = useRoute()
    const q = query.get('q') ?? ''
    const [told, set_told] = useState('')
    const devices = useLoad(`devices ${q}`, (signal) => call('get', '/api/v1/staff/devices', { query: { q, limit: 200 }, signal }))
    return (
        <>
            <Heading level={1} data-size="xs">
                {say('nav_staff.devices')}
            </Heading>
            <Search data-size="sm">
                <Search.Input aria-label={say('staff.filter')} defaultValue={q} onChange={(event) => set_query('q', event.target.value)} />
            </Search>
            <p role="status">{told}</p>
            <Shown loaded={devices}>
                {({ items, total }) =>
                    items.length === 0 && !q ? (
                        <Empty title={say('devices.empty_title')}>{say('devices.empty')}</Empty>
                    ) : (
                        <div className="staff-split">
                            <div>
                                <p className="staff-quiet">
                                    {say('staff.count', { shown: String(items.length), total: String(total) })} · {say('staff.keys')}
                                </p>
                                <Rows
                                    label={say('nav_staff.devices')}
                                    items={items}
                                    id_of={(device) => device.dev_eui}
                                    chosen={rest[0]}
                                    open={(device) => go(`/staff/devices/${device.dev_eui}${location.search}`)}
                                    render={(device) => (
                                        <>
                                            <strong>{device.name}</strong>
                                            <span>{device.place_name || say('staff.no_place')}</span>
                                            <span>
                                                {device.last_seen ? format.age(Date.parse(device.last_seen), Date.now()) : say('staff.never')}
                                            </span>
                                            <State tone={state_tone[device.state]}>{say(state_name[device.state])}</State>
                                        </>
                                    )}
                                />
                            </div>
                            {rest[0] && (
                                <DeviceDetail
                                    key={rest[0]}
                                    dev_eui={rest[0]}
                                    changed={devices.reload}
                                    retired={(name) => {
                                        set_told(say('devices.retired', { name }))
                                        go(`/staff/devices${location.search}`, 'replace')
                                        devices.reload()
                                    }}
                                />
                            )}
                        </div>
                    )
                }
            </Shown>
        </>
    )
}

/// What it told of itself, and the voltage that it measures.
function battery_text(words: Words, format: Format, { power, battery_volt }: Schemas['DeviceDetail']): string {
    const parts = [power ? power_text(words, format, power) : '', battery_volt === null ? '' : format.quantity(battery_volt, 2, 'V')]
    return parts.filter(Boolean).join(' · ') || '–'
}

function DeviceDetail({ dev_eui, changed, retired }: { dev_eui: string; changed: () => void; retired: (name: string) => void }) {
    const { words, format } = useStaff()
    const { say } = words
    const device = useLoad(dev_eui, (signal) => call('get', '/api/v1/staff/devices/{devEui}', { path: { devEui: dev_eui }, signal }))
    return (
        <Shown loaded={device}>
            {(it) => (
                <section ref={reveal} tabIndex={-1} className="staff-detail" aria-labelledby="device-title">
                    <Heading level={2} data-size="2xs" id="device-title">
                        {it.name}
                    </Heading>
                    <Facts
                        facts={[
                            ['DevEUI', <span className="staff-code">{it.dev_eui}</span>],
                            [say('staff.place'), it.place ? <Way to={`/staff/places/${it.place}`}>{it.place_name || it.place}</Way> : say('staff.no_place')],
                            [say('staff.profile'), <Link href={`/staff/profiles/${it.profile}`}>{it.profile}</Link>],
                            [say('devices.last_seen'), it.last_seen ? format.date_and_time(Date.parse(it.last_seen)) : say('staff.never')],
                            [say('devices.battery'), battery_text(words, format, it)],
                        ]}
                    />
                    <Heading level={3} data-size="2xs">
                        {say('devices.datastreams')}
                    </Heading>
                    <ul>
                        {it.datastreams.map((stream) => (
                            <li key={stream.id}>
                                <Way to={`/staff/datastreams/${stream.id}`}>{called(words, stream.property)}</Way> · {unit_symbol(stream.unit)} · {say(stream.public ? 'devices.open' : 'devices.internal')}
                            </li>
                        ))}
                    </ul>
                    <Change
                        device={it}
                        changed={() => {
                            device.reload()
                            changed()
                        }}
                    />
                    <Heading level={3} data-size="2xs">
                        {say('devices.frames')}
                    </Heading>
                    <DeviceEvents events={it.last_events} />
                    <Frames frames={it.last_frames} />
                    <Remove
                        button={say('devices.retire')}
                        title={say('devices.retire_title', { name: it.name })}
                        why={say('devices.retire_why')}
                        remove={() => call('delete', '/api/v1/staff/devices/{devEui}', { path: { devEui: dev_eui } })}
                        removed={() => retired(it.name)}
                    />
                </section>
            )}
        </Shown>
    )
}

/// Another name, or another place.
function Change({ device, changed }: { device: Device; changed: () => void }) {
    const { words } = useStaff()
    const { say } = words
    const { act, busy, fault } = useAct()
    const [told, set_told] = useState('')
    const places = useLoad('places', (signal) => call('get', '/api/v1/staff/places', { signal }))
    const save = (event: FormEvent<HTMLFormElement>) => {
        event.preventDefault()
        const form = new FormData(event.currentTarget)
        const body = { name: String(form.get('name')).trim(), place: chosen_place(form) }
        set_told('')
        void act(async () => {
            await call('put', '/api/v1/staff/devices/{devEui}', { path: { devEui: device.dev_eui }, body })
            set_told(say('staff.saved'))
            changed()
        })
    }
    return (
        <form onSubmit={save} aria-labelledby="change-title">
            <Heading level={3} data-size="2xs" id="change-title">
                {say('devices.change')}
            </Heading>
            <Textfield name="name" label={say('staff.name')} defaultValue={device.name} required maxLength={100} />
            <PlaceSelect places={places} chosen={device.place} />
            <Paragraph className="staff-quiet">{say('devices.move_hint')}</Paragraph>
            <Fault>{fault ?? places.fault}</Fault>
            <div className="staff-actions">
                {/* Until the places are here, saving would move it to none of them. */}
                <Button type="submit" variant="secondary" disabled={busy || !places.value}>
                    {say('staff.save')}
                </Button>
                <span role="status">{told}</span>
            </div>
        </form>
    )
}

function Frames({ frames }: { frames: Frame[] }) {
    const { words, format } = useStaff()
    const { say } = words
    return (
        <ScrollTable label={say('devices.frames')} heads={[say('staff.time'), 'fCnt', say('letters.payload'), say('staff.state')]}>
            {frames.map((frame) => (
                <Table.Row key={`${frame.time} ${frame.f_cnt}`}>
                    <Table.Cell>{format.age(Date.parse(frame.time), Date.now())}</Table.Cell>
                    <Table.Cell>{frame.f_cnt}</Table.Cell>
                    <Table.Cell>
                        <span className="staff-code">{frame.payload_hex}</span>
                        {frame.decoded && <pre className="staff-code">{JSON.stringify(frame.decoded)}</pre>}
                    </Table.Cell>
                    <Table.Cell>
                        <State tone={outcome_tone[frame.outcome]}>{words.lookup(`outcome.${frame.outcome}`)}</State> {frame.detail}
                    </Table.Cell>
                </Table.Row>
            ))}
        </ScrollTable>
    )
}
