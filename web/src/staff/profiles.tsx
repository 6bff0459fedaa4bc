import { Button, Field, Fieldset, Heading, Label, Select, Textfield } from '@digdir/designsystemet-react'
import { type FormEvent, useState } from 'react'
import { call, type Schemas } from '../api/client.ts'
import { useAct, useLoad, useStaff } from './context.tsx'
import { Fault, ListPage, Remove, State } from './parts.tsx'
import { found_values, kept_value, type Found, type Rule } from './profile_fields.ts'
import { go } from './route.ts'

type Profile = Schemas['Profile']

export function Profiles() {
    const { words, format } = useStaff()
    const { say } = words
    const [told, set_told] = useState('')
    const profiles = useLoad('profiles', (signal) => call('get', '/api/v1/staff/profiles', { signal }))
    const removed = (name: string) => {
        set_told(say('profiles.removed', { name }))
        go('/staff/profiles', 'replace')
        profiles.reload()
    }
    return (
        <ListPage
            title={say('devices.profiles')}
            path="/staff/profiles"
            make={say('profiles.new')}
            loaded={profiles}
            empty={{ title: say('profiles.empty_title'), text: say('profiles.empty') }}
            told={told}
            id_of={({ id }) => id}
            render={(profile) => (
                <>
                    <strong>{profile.name}</strong>
                    <span>
                        {say('devices.every', { span: format.length_of_time(profile.interval_seconds * 1000) })} · {profile.codec ?? say('devices.no_codec')}
                    </span>
                    <span>{say('devices.used_by', { count: String(profile.devices) })}</span>
                </>
            )}
        >
            {(opened, items) =>
                opened === 'new' ? (
                    <Editor key="new" known={items} saved={profiles.reload} />
                ) : (
                    items.filter(({ id }) => id === opened).map((profile) => <Editor key={profile.id} profile={profile} known={items} saved={profiles.reload} removed={removed} />)
                )
            }
        </ListPage>
    )
}

/// A row of the form; numbers are kept as they are being typed.
interface Row {
    field: string
    property: string
    unit: string
    scale: string
}
const row_of = ({ field, property, unit, scale }: Rule): Row => ({ field, property, unit, scale: String(scale ?? 1) })
const rule_of = (row: Row): Rule => ({ field: row.field.trim(), property: row.property.trim(), unit: row.unit.trim(), scale: Number(row.scale.replace(',', '.')) })
const empty_row: Row = { field: '', property: '', unit: '', scale: '1' }

function Editor({ profile, known, saved, removed }: { profile?: Profile; known: Profile[]; saved: () => void; removed?: (name: string) => void }) {
    const { words } = useStaff()
    const { say } = words
    const codecs = useLoad('codecs', (signal) => call('get', '/api/v1/staff/codecs', { signal }))
    const [codec, set_codec] = useState(profile?.codec ?? '')
    const [rows, set_rows] = useState<Row[]>(profile ? profile.fields.map(row_of) : [empty_row])
    const [found, set_found] = useState<Found[]>([])
    const [told, set_told] = useState('')
    const { act, busy, fault } = useAct()
    const change = (at: number, part: Partial<Row>) => set_rows(rows.map((row, i) => (i === at ? { ...row, ...part } : row)))
    const take = (field: string) => {
        const same = known.flatMap(({ fields }) => fields).find((rule) => rule.field === field)
        set_rows([...rows.filter((row) => row.field !== ''), same ? row_of(same) : { ...empty_row, field, property: field.replace(/[^a-z0-9]+/gi, '_').toLowerCase() }])
    }
    const save = (event: FormEvent<HTMLFormElement>) => {
        event.preventDefault()
        const form = new FormData(event.currentTarget)
        const id = profile?.id ?? String(form.get('id'))
        void act(async () => {
            const body = {
                name: String(form.get('name')),
                codec: codec || null,
                interval_seconds: Math.round(Number(form.get('minutes')) * 60),
                fields: rows.filter(({ field }) => field.trim() !== '').map(rule_of),
            }
            await call('put', '/api/v1/staff/profiles/{id}', { path: { id }, body })
            set_told(say('staff.saved'))
            saved()
            if (!profile) go(`/staff/profiles/${id}`, 'replace')
        })
    }
    return (
        <section className="staff-detail" aria-label={profile?.name ?? say('profiles.new')}>
            <form onSubmit={save}>
                {!profile && <Textfield name="id" label={say('codecs.id')} description={say('profiles.id_hint')} required pattern="[A-Za-z0-9_\-]+" maxLength={64} />}
                <Textfield name="name" label={say('staff.name')} defaultValue={profile?.name} required maxLength={100} />
                <Field>
                    <Label>{say('profiles.codec')}</Label>
                    <Select name="codec" value={codec} onChange={(event) => set_codec(event.target.value)}>
                        <Select.Option value="">{say('devices.no_codec')}</Select.Option>
                        {codecs.value?.items.map(({ id, name }) => (
                            <Select.Option key={id} value={id}>
                                {name}
                            </Select.Option>
                        ))}
                    </Select>
                </Field>
                <Textfield name="minutes" type="number" min={1} step="any" label={say('profiles.minutes')} defaultValue={(profile?.interval_seconds ?? 3600) / 60} required />
                <Fieldset>
                    <Fieldset.Legend>{say('profiles.fields')}</Fieldset.Legend>
                    <Fieldset.Description>{say('profiles.fields_hint')}</Fieldset.Description>
                    {rows.map((row, at) => (
                        <FieldRow key={at} row={row} at={at} found={found} change={(part) => change(at, part)} remove={() => set_rows(rows.filter((_, i) => i !== at))} />
                    ))}
                    <Button type="button" variant="secondary" data-size="sm" onClick={() => set_rows([...rows, empty_row])}>
                        {say('profiles.add')}
                    </Button>
                </Fieldset>
                <Suggestions known={known} />
                <Fault>{fault ?? codecs.fault}</Fault>
                <div className="staff-actions">
                    <Button type="submit" disabled={busy}>
                        {say('staff.save')}
                    </Button>
                    <span role="status">{told}</span>
                </div>
            </form>
            <Preview codec={codec} profile={profile?.id} rows={rows} found={found} set_found={set_found} take={take} />
            {profile && (
                <Remove
                    button={say('profiles.take_away')}
                    title={say('profiles.take_away_title', { name: profile.name })}
                    why={say('profiles.take_away_why')}
                    remove={() => call('delete', '/api/v1/staff/profiles/{id}', { path: { id: profile.id } })}
                    removed={() => removed?.(profile.name)}
                />
            )}
        </section>
    )
}

function FieldRow({ row, at, found, change, remove }: { row: Row; at: number; found: Found[]; change: (part: Partial<Row>) => void; remove: () => void }) {
    const { words } = useStaff()
    const { say } = words
    const number = String(at + 1)
    const kept = kept_value(found, rule_of(row))
    return (
        <div className="staff-field-row" role="group" aria-label={say('profiles.field_number', { n: number })}>
            <Textfield label={say('profiles.field')} value={row.field} onChange={(event) => change({ field: event.target.value })} required={row.property !== ''} spellCheck={false} data-size="sm" />
            <Textfield label={say('profiles.property')} value={row.property} list="profile-properties" onChange={(event) => change({ property: event.target.value })} required={row.field !== ''} spellCheck={false} data-size="sm" />
            <Textfield label={say('profiles.unit')} value={row.unit} list="profile-units" onChange={(event) => change({ unit: event.target.value })} required={row.field !== ''} spellCheck={false} data-size="sm" />
            <Textfield label={say('profiles.scale')} value={row.scale} inputMode="decimal" pattern="-?[0-9]+([.,][0-9]+)?" onChange={(event) => change({ scale: event.target.value })} data-size="sm" />
            <Button type="button" variant="tertiary" data-size="sm" data-color="danger" onClick={remove} aria-label={say('profiles.remove_number', { n: number })}>
                {say('profiles.remove')}
            </Button>
            {found.length > 0 && row.field !== '' && (
                <p className="staff-quiet">{kept === undefined ? say('profiles.absent') : say('profiles.becomes', { value: kept, unit: row.unit })}</p>
            )}
        </div>
    )
}

/// What other profiles say already, so that one thing has one name.
function Suggestions({ known }: { known: Profile[] }) {
    const all = (pick: (rule: Rule) => string) => [...new Set(known.flatMap(({ fields }) => fields.map(pick)))].sort()
    return (
        <>
            <datalist id="profile-properties">
                {all(({ property }) => property).map((text) => (
                    <option key={text} value={text} />
                ))}
            </datalist>
            <datalist id="profile-units">
                {all(({ unit }) => unit).map((text) => (
                    <option key={text} value={text} />
                ))}
            </datalist>
        </>
    )
}

interface Sender {
    dev_eui: string
    name: string
    waiting: boolean
}

/// The last frame of a device, decoded, so that a person sees which fields there are and what becomes of them.
function Preview({ codec, profile, rows, found, set_found, take }: {
    codec: string
    profile: string | undefined
    rows: Row[]
    found: Found[]
    set_found: (found: Found[]) => void
    take: (field: string) => void
}) {
    const { words } = useStaff()
    const { say } = words
    const { act, busy, fault } = useAct()
    const [trouble, set_trouble] = useState('')
    const senders = useLoad('senders', async (signal): Promise<Sender[]> => {
        const [inbox, devices] = await Promise.all([
            call('get', '/api/v1/staff/inbox', { query: { limit: 200 }, signal }),
            call('get', '/api/v1/staff/devices', { query: { limit: 200 }, signal }),
        ])
        return [
            ...inbox.items.map(({ dev_eui, name_hint }) => ({ dev_eui, name: name_hint || dev_eui, waiting: true })),
            ...devices.items.filter((device) => !profile || device.profile === profile).map(({ dev_eui, name }) => ({ dev_eui, name, waiting: false })),
        ]
    })
    const frame_of = async (sender: Sender) => {
        if (!sender.waiting) return (await call('get', '/api/v1/staff/devices/{devEui}', { path: { devEui: sender.dev_eui } })).last_frames[0]
        const inbox = await call('get', '/api/v1/staff/inbox', { query: { limit: 200 } })
        return inbox.items.find(({ dev_eui }) => dev_eui === sender.dev_eui)?.last_frame
    }
    const look = (event: FormEvent<HTMLFormElement>) => {
        event.preventDefault()
        const dev_eui = String(new FormData(event.currentTarget).get('sender'))
        const sender = senders.value?.find((one) => one.dev_eui === dev_eui)
        if (!sender) return
        void act(async () => {
            set_found([])
            set_trouble('')
            const frame = await frame_of(sender)
            if (!frame) return set_trouble(say('profiles.no_frame'))
            if (!codec) {
                if (!frame.decoded) return set_trouble(say('profiles.not_decoded'))
                return set_found(found_values(frame.decoded))
            }
            const { script } = await call('get', '/api/v1/staff/codecs/{id}', { path: { id: codec } })
            const trial = await call('post', '/api/v1/staff/codecs/try', { body: { script, f_port: frame.f_port ?? 1, payload_hex: frame.payload_hex } })
            if (trial.fault) return set_trouble(trial.fault.sentence)
            set_found(found_values(trial.decoded))
        })
    }
    return (
        <form onSubmit={look} aria-labelledby="preview-title">
            <Heading level={2} data-size="2xs" id="preview-title">
                {say('profiles.preview')}
            </Heading>
            <div className="staff-actions staff-preview">
                <Field>
                    <Label>{say('profiles.preview_of')}</Label>
                    <Select name="sender" required defaultValue="" key={senders.value ? 'ready' : 'empty'}>
                        <Select.Option value="" disabled>
                            {say('inbox.choose')}
                        </Select.Option>
                        {senders.value?.map(({ dev_eui, name, waiting }) => (
                            <Select.Option key={dev_eui} value={dev_eui}>
                                {waiting ? say('profiles.waiting', { name }) : name}
                            </Select.Option>
                        ))}
                    </Select>
                </Field>
                <Button type="submit" variant="secondary" disabled={busy}>
                    {say('profiles.look')}
                </Button>
            </div>
            <Fault>{fault ?? senders.fault ?? trouble}</Fault>
            <div role="status">
                {found.length > 0 && (
                    <ul className="staff-found" aria-label={say('profiles.preview')}>
                        {found.map(({ field, value }) => (
                            <li key={field}>
                                <span className="staff-code">
                                    {field} = {JSON.stringify(value)}
                                </span>{' '}
                                {rows.some((row) => row.field.trim() === field) ? (
                                    <State tone="success">{say('profiles.kept')}</State>
                                ) : (
                                    <Button type="button" variant="secondary" data-size="sm" onClick={() => take(field)} aria-label={say('profiles.take_field', { field })}>
                                        {say('profiles.take')}
                                    </Button>
                                )}
                            </li>
                        ))}
                    </ul>
                )}
            </div>
        </form>
    )
}
