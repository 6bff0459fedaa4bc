import { Button, Fieldset, Heading, Paragraph, Radio, Search, Textfield } from '@digdir/designsystemet-react'
import { type FormEvent, useRef, useState } from 'react'
import { call, type Schemas } from '../api/client.ts'
import { unit_symbol } from '../words/format.ts'
import { type Access, AccessState, access_classes, called, known_properties } from './access.tsx'
import { useAct, useLoad, useStaff } from './context.tsx'
import { Confirm, Empty, Facts, Fault, Rows, Shown, State, Way } from './parts.tsx'
import { go, useRoute } from './route.ts'

type Datastream = Schemas['StaffDatastream']
type Change = Schemas['DatastreamChange']

/// What towns measure in, in UCUM.
const units = ['Cel', '%', 'hPa', 'm/s', 'deg', 'mm', 'cm', 'm', 'm3', 'L', 'L/s', 'ug/m3', '[ppm]', 'V', 'W', 'kW.h', 'lx', 'dB', 's', '{CFU}/(100.mL)', '1']

function address(id: string, q: string, after = ''): string {
    const query = new URLSearchParams({ ...(q && { q }), ...(after && { after }) }).toString()
    return `/staff/datastreams${id && `/${id}`}${query && `?${query}`}`
}

export function Datastreams() {
    const { words, format } = useStaff()
    const { say } = words
    const { rest, query } = useRoute()
    const [q, after] = [query.get('q') ?? '', query.get('after') ?? '']
    const datastreams = useLoad(`datastreams ${q} ${after}`, (signal) => call('get', '/api/v1/staff/datastreams', { query: { q, after, limit: 100 }, signal }))
    return (
        <>
            <Heading level={1} data-size="xs">
                {say('nav_staff.datastreams')}
            </Heading>
            <Search data-size="sm">
                <Search.Input aria-label={say('staff.filter')} defaultValue={q} onChange={(event) => go(address(rest[0] ?? '', event.target.value), 'replace')} />
            </Search>
            <Shown loaded={datastreams}>
                {({ items, total, next }) => (
                    <div className="staff-split">
                        <div>
                            {total === 0 && q === '' ? (
                                <Empty title={say('datastreams.empty_title')}>{say('datastreams.empty')}</Empty>
                            ) : (
                                <p className="staff-quiet" role="status">
                                    {total === 0
                                        ? say('datastreams.none_found')
                                        : `${say('staff.count', { shown: format.number(items.length, 0), total: format.number(total, 0) })} · ${say('staff.keys')}`}
                                </p>
                            )}
                            <Rows
                                label={say('nav_staff.datastreams')}
                                items={items}
                                id_of={(it) => it.id}
                                chosen={rest[0]}
                                open={(it) => go(address(it.id, q, after))}
                                render={(it) => <Row datastream={it} />}
                            />
                            <div className="staff-actions">
                                {after && (
                                    <Button variant="secondary" data-size="sm" onClick={() => go(address(rest[0] ?? '', q))}>
                                        {say('staff.first')}
                                    </Button>
                                )}
                                {next && (
                                    <Button variant="secondary" data-size="sm" onClick={() => go(address(rest[0] ?? '', q, next))}>
                                        {say('staff.next')}
                                    </Button>
                                )}
                            </div>
                        </div>
                        {rest[0] && <Opened key={rest[0]} id={rest[0]} saved={datastreams.reload} />}
                    </div>
                )}
            </Shown>
        </>
    )
}

function Row({ datastream }: { datastream: Datastream }) {
    const { words, format } = useStaff()
    const { property, thing, newest, simulated } = datastream
    return (
        <>
            <strong>{datastream.name}</strong>
            <span>{[property && called(words, property), thing].filter(Boolean).join(' · ')}</span>
            <span>{newest ? format.age(Date.parse(newest), Date.now()) : words.say('staff.never')}</span>
            {simulated && <span>{words.say('parts.simulated')}</span>}
            <AccessState access={datastream.access} />
        </>
    )
}

function Opened({ id, saved }: { id: string; saved: () => void }) {
    const datastream = useLoad(`datastream ${id}`, (signal) => call('get', '/api/v1/staff/datastreams/{id}', { path: { id }, signal }))
    return <Shown loaded={datastream}>{(it) => <Editor loaded={it} saved={saved} />}</Shown>
}

function Editor({ loaded, saved }: { loaded: Datastream; saved: () => void }) {
    const { words } = useStaff()
    const { say } = words
    const [datastream, set_datastream] = useState(loaded)
    const [access, set_access] = useState<Access>(loaded.access)
    const [asked, set_asked] = useState<Change>()
    const [told, set_told] = useState('')
    const dialog = useRef<HTMLDialogElement>(null)
    const { act, busy, fault } = useAct()
    const several = datastream.property === null
    const keep = (body: Change) =>
        void act(async () => {
            const kept = await call('put', '/api/v1/staff/datastreams/{id}', { path: { id: datastream.id }, body })
            dialog.current?.close()
            set_datastream(kept)
            set_access(kept.access)
            set_told(say('staff.saved'))
            saved()
        })
    const submit = (event: FormEvent<HTMLFormElement>) => {
        event.preventDefault()
        const form = new FormData(event.currentTarget)
        const text = (name: string) => String(form.get(name)).trim()
        const body: Change = { name: text('name'), description: text('description'), property: several ? null : text('property'), unit: several ? null : text('unit'), access }
        set_told('')
        if (access !== 'public' || datastream.access === 'public') return keep(body)
        set_asked(body)
        dialog.current?.showModal()
    }
    return (
        <section className="staff-detail" aria-labelledby="datastream-title">
            <div className="staff-actions">
                <Heading level={2} data-size="2xs" id="datastream-title">
                    {datastream.name}
                </Heading>
                <AccessState access={datastream.access} />
                {datastream.simulated && <State tone="info">{say('parts.simulated')}</State>}
            </div>
            <form onSubmit={submit}>
                <Textfield name="name" label={say('staff.name')} defaultValue={datastream.name} required maxLength={200} />
                <Textfield name="description" label={say('staff.description')} defaultValue={datastream.description} multiline rows={3} maxLength={2000} />
                {several ? <Paragraph>{say('datastreams.several')}</Paragraph> : <Meaning datastream={datastream} />}
                <WhoSees access={access} choose={set_access} closes={datastream.access === 'public' && access !== 'public'} />
                <Fault>{fault}</Fault>
                <div className="staff-actions">
                    <Button type="submit" disabled={busy}>
                        {say('staff.save')}
                    </Button>
                    <span role="status">{told}</span>
                </div>
            </form>
            <Origin datastream={datastream} />
            <Confirm dialog={dialog} title={say('datastreams.open_title', { name: datastream.name })} fault={fault} busy={busy} button={say('datastreams.open_it')} act={() => asked && keep(asked)}>
                <Opening datastream={datastream} />
            </Confirm>
        </section>
    )
}

function Meaning({ datastream }: { datastream: Datastream }) {
    const { words } = useStaff()
    const { say } = words
    return (
        <>
            <Textfield name="property" label={say('quality.property')} description={say('datastreams.property_hint')} defaultValue={datastream.property ?? ''} list="datastream-properties" required maxLength={100} spellCheck={false} />
            <datalist id="datastream-properties">
                {known_properties.map((property) => (
                    <option key={property} value={property}>
                        {called(words, property)}
                    </option>
                ))}
            </datalist>
            <Textfield name="unit" label={say('profiles.unit')} description={say('datastreams.unit_hint')} defaultValue={datastream.unit ?? ''} list="datastream-units" maxLength={60} spellCheck={false} />
            <datalist id="datastream-units">
                {units.map((unit) => (
                    <option key={unit} value={unit}>
                        {unit_symbol(unit)}
                    </option>
                ))}
            </datalist>
        </>
    )
}

function WhoSees({ access, choose, closes }: { access: Access; choose: (access: Access) => void; closes: boolean }) {
    const { words } = useStaff()
    const { say } = words
    return (
        <Fieldset>
            <Fieldset.Legend>{say('datastreams.access')}</Fieldset.Legend>
            {access_classes.map((one) => (
                <Radio
                    key={one}
                    name="access"
                    value={one}
                    label={say(`datastreams.access_${one}`)}
                    description={say(`datastreams.access_${one}_hint`)}
                    checked={one === access}
                    onChange={() => choose(one)}
                />
            ))}
            <p role="status">{closes ? say('datastreams.closing') : ''}</p>
        </Fieldset>
    )
}

/// What happens when it becomes public.
function Opening({ datastream }: { datastream: Datastream }) {
    const { words } = useStaff()
    const { say, plural } = words
    return (
        <>
            <Paragraph>{datastream.readings === 0 ? say('datastreams.open_none') : plural('datastreams.open_what', datastream.readings)}</Paragraph>
            {datastream.places.length > 0 && <Paragraph>{say('datastreams.open_places', { places: datastream.places.join(', ') })}</Paragraph>}
            <Paragraph>{say('datastreams.open_people')}</Paragraph>
            <Paragraph>{say('datastreams.open_back')}</Paragraph>
        </>
    )
}

/// Where it comes from and what there is of it.
function Origin({ datastream }: { datastream: Datastream }) {
    const { words, format } = useStaff()
    const { say } = words
    const places = datastream.places.flatMap((slug, i) => [
        i > 0 && ', ',
        <Way key={slug} to={`/staff/places/${slug}`}>
            {slug}
        </Way>,
    ])
    return (
        <Facts
            facts={[
                [say('datastreams.number'), <span className="staff-code">{datastream.id}</span>],
                [say('datastreams.thing'), datastream.thing],
                [say('datastreams.places'), places.length > 0 ? places : say('staff.no_place')],
                [say('datastreams.keys'), datastream.keys.length > 0 ? <span className="staff-code">{datastream.keys.join(', ')}</span> : '–'],
                [say('datastreams.type'), say(`datastreams.type_${datastream.result_type}`)],
                [say('datastreams.readings'), format.number(datastream.readings, 0)],
                [say('datastreams.newest'), datastream.newest ? format.date_and_time(Date.parse(datastream.newest)) : say('staff.never')],
            ]}
        />
    )
}
