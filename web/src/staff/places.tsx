import { Button, Heading, Link, Textfield } from '@digdir/designsystemet-react'
import { type FormEvent, useState } from 'react'
import { call, Refused } from '../api/client.ts'
import { useAct, useLoad, useStaff } from './context.tsx'
import { FirstSteps } from './first_steps.tsx'
import { Facts, Fault, ListPage, Remove, Shown, State, Way } from './parts.tsx'
import { KindAndSeason, Names, Position, Publish } from './place_fields.tsx'
import { body_of, type Draft, draft_of, empty_draft, type Place, point_of, slug_in } from './place_form.ts'
import { ShownStreams } from './place_streams.tsx'
import { go } from './route.ts'

export function Places() {
    const { words } = useStaff()
    const { say } = words
    const [told, set_told] = useState('')
    const places = useLoad('places', (signal) => call('get', '/api/v1/staff/places', { signal }))
    const made = (place: Place) => {
        set_told(say('places.saved', { name: place.name.nb }))
        places.reload()
        go(`/staff/places/${place.slug}`, 'replace')
    }
    const removed = (place: Place) => {
        set_told(say('places.removed', { name: place.name.nb }))
        go('/staff/places', 'replace')
        places.reload()
    }
    return (
        <ListPage
            title={say('nav_staff.places')}
            path="/staff/places"
            make={say('places.new')}
            loaded={places}
            empty={{ title: say('places.empty_title'), text: say('places.empty'), more: <FirstSteps /> }}
            told={told}
            id_of={({ slug }) => slug}
            render={(place) => (
                <>
                    <strong>{place.name}</strong>
                    <span>{say(`places.kind_${place.kind}`)}</span>
                    <State tone={place.published ? 'success' : 'neutral'}>{say(place.published ? 'places.shown' : 'places.hidden')}</State>
                </>
            )}
        >
            {(opened) =>
                opened === 'new' ? <Editor key="new" kept={made} removed={removed} /> : opened && <Opened key={opened} slug={opened} kept={places.reload} removed={removed} />
            }
        </ListPage>
    )
}

function Opened({ slug, kept, removed }: { slug: string; kept: () => void; removed: (place: Place) => void }) {
    const place = useLoad(`place ${slug}`, (signal) => call('get', '/api/v1/staff/places/{slug}', { path: { slug }, signal }))
    return <Shown loaded={place}>{(it) => <Editor loaded={it} kept={kept} removed={removed} />}</Shown>
}

/// A place is kept under its address, so that a new one must not be written over one that is there.
async function is_taken(slug: string): Promise<boolean> {
    try {
        await call('get', '/api/v1/staff/places/{slug}', { path: { slug } })
        return true
    } catch (fault) {
        if (fault instanceof Refused && fault.problem.status === 404) return false
        throw fault
    }
}

/// Of a place that is there, or of a new one.
function Editor({ loaded, kept, removed }: { loaded?: Place; kept: (place: Place) => void; removed: (place: Place) => void }) {
    const { words } = useStaff()
    const { say } = words
    const [place, set_place] = useState(loaded)
    const [draft, set_draft] = useState<Draft>(loaded ? draft_of(loaded, words.language === 'en' ? '.' : ',') : empty_draft)
    const [streams, set_streams] = useState(loaded?.datastreams ?? [])
    const [told, set_told] = useState('')
    const [wrong, set_wrong] = useState<string>()
    const { act, busy, fault } = useAct()
    const change = (part: Partial<Draft>) => set_draft((before) => ({ ...before, ...part }))
    const save = (event: FormEvent<HTMLFormElement>) => {
        event.preventDefault()
        set_told('')
        const point = point_of(draft)
        set_wrong(typeof point === 'string' ? say(`places.bad_${point}`) : undefined)
        if (typeof point === 'string') return
        void act(async () => {
            const slug = slug_in(draft)
            if (!place && (await is_taken(slug))) return set_wrong(say('places.address_taken'))
            const body = body_of(draft, point, streams.map(({ id }) => id))
            const now = await call('put', '/api/v1/staff/places/{slug}', { path: { slug }, body })
            set_told(say('staff.saved'))
            set_streams(now.datastreams)
            if (place) set_place(now)
            kept(now)
        })
    }
    return (
        <section className="staff-detail" aria-label={place?.name.nb ?? say('places.new')}>
            {place && <Links place={place} />}
            <form onSubmit={save}>
                <Names draft={draft} change={change} made={place !== undefined} />
                <KindAndSeason draft={draft} change={change} />
                <Position draft={draft} change={change} />
                <Textfield name="area" label={say('places.area')} description={say('places.area_hint')} value={draft.area} onChange={(event) => change({ area: event.target.value })} maxLength={100} />
                <ShownStreams streams={streams} set_streams={set_streams} />
                <Publish draft={draft} change={change} sees_nothing={streams.every(({ access }) => access !== 'public')} />
                <Fault>{wrong ?? fault}</Fault>
                <div className="staff-actions">
                    <Button type="submit" disabled={busy}>
                        {say('staff.save')}
                    </Button>
                    <span role="status">{told}</span>
                </div>
            </form>
            {place && (
                <Remove
                    button={say('places.remove')}
                    title={say('places.remove_title', { name: place.name.nb })}
                    why={say('places.remove_why')}
                    remove={() => call('delete', '/api/v1/staff/places/{slug}', { path: { slug: place.slug } })}
                    removed={() => removed(place)}
                />
            )}
        </section>
    )
}

/// Where it is seen, and what stands there.
function Links({ place }: { place: Place }) {
    const { words } = useStaff()
    const { say } = words
    const devices = place.devices.map(({ dev_eui, name }) => (
        <li key={dev_eui}>
            <Way to={`/staff/devices/${dev_eui}`}>{name}</Way>
        </li>
    ))
    return (
        <>
            <Heading level={2} data-size="2xs">
                {place.name.nb}
            </Heading>
            {place.published && place.url && (
                <div className="staff-actions">
                    <Link href={place.url}>{say('places.page')}</Link>
                    <Link href={`${place.url}/plakat.svg`}>{say('places.poster')}</Link>
                </div>
            )}
            <Facts
                facts={[
                    [say('places.address'), <span className="staff-code">{place.url ?? place.slug}</span>],
                    [say('places.devices'), devices.length > 0 ? <ul>{devices}</ul> : say('staff.none')],
                ]}
            />
        </>
    )
}
