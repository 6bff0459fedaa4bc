import { Button, Fieldset, Search } from '@digdir/designsystemet-react'
import { useEffect, useRef, useState } from 'react'
import { call, type Schemas } from '../api/client.ts'
import { unit_symbol } from '../words/format.ts'
import { AccessState, called } from './access.tsx'
import { useLoad, useStaff } from './context.tsx'
import { Aside } from './parts.tsx'

export type Shown = Schemas['StaffPlace']['datastreams'][number]

/// What a place's page shows, in order: put in and taken off, moved by buttons that keep the focus.
export function ShownStreams({ streams, set_streams }: { streams: Shown[]; set_streams: (streams: Shown[]) => void }) {
    const { words } = useStaff()
    const { say } = words
    const [told, set_told] = useState('')
    const list = useRef<HTMLOListElement>(null)
    const find = useRef<HTMLInputElement>(null)
    const focus = useRef<() => HTMLElement | null | undefined>(undefined)
    useEffect(() => {
        focus.current?.()?.focus()
        focus.current = undefined
    }, [streams])
    useSeenAgain(streams, set_streams)

    const move = (at: number, by: -1 | 1) => {
        const stream = streams[at]!
        const others = streams.filter((one) => one !== stream)
        const to = at + by
        focus.current = () => {
            const [up, down] = list.current?.children[to]?.querySelectorAll('button') ?? []
            return by < 0 ? (up?.disabled ? down : up) : down?.disabled ? up : down
        }
        set_streams([...others.slice(0, to), stream, ...others.slice(to)])
        set_told(say('places.moved', { name: stream.name, n: String(to + 1), total: String(streams.length) }))
    }
    const take_off = (stream: Shown) => {
        focus.current = () => find.current
        set_streams(streams.filter((one) => one !== stream))
        set_told(say('places.taken_off', { name: stream.name }))
    }
    const add = (stream: Shown) => {
        focus.current = () => find.current
        set_streams([...streams, stream])
        set_told(say('places.added', { name: stream.name }))
    }
    return (
        <Fieldset>
            <Fieldset.Legend>{say('places.shows')}</Fieldset.Legend>
            <Fieldset.Description>{say('places.shows_hint')}</Fieldset.Description>
            {streams.length === 0 && <p className="staff-quiet">{say('places.shows_none')}</p>}
            <ol className="staff-order" ref={list}>
                {streams.map((stream, at) => (
                    <Entry key={stream.id} stream={stream} first={at === 0} last={at === streams.length - 1} move={(by) => move(at, by)} take_off={() => take_off(stream)} />
                ))}
            </ol>
            <p role="status" className="staff-quiet">
                {told}
            </p>
            <Finder chosen={streams} add={add} input={find} />
        </Fieldset>
    )
}

/// Whoever opens a datastream in another tab and comes back sees that it is public now.
function useSeenAgain(streams: Shown[], set_streams: (streams: Shown[]) => void): void {
    const latest = useRef(streams)
    latest.current = streams
    useEffect(() => {
        const look_again = async () => {
            const hidden = latest.current.filter(({ access }) => access !== 'public')
            const now = await Promise.allSettled(hidden.map(({ id }) => call('get', '/api/v1/staff/datastreams/{id}', { path: { id } })))
            const fresh = now.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []))
            if (fresh.length > 0) set_streams(latest.current.map((old) => shown_of(fresh.find(({ id }) => id === old.id) ?? old)))
        }
        const came_back = () => void (document.visibilityState === 'visible' && look_again())
        document.addEventListener('visibilitychange', came_back)
        return () => document.removeEventListener('visibilitychange', came_back)
    }, [])
}

const shown_of = ({ id, name, property, unit, access }: Pick<Schemas['StaffDatastream'], keyof Shown>): Shown => ({ id, name, property: property ?? '', unit: unit ?? '', access })

function Meaning({ stream }: { stream: Shown }) {
    const { words } = useStaff()
    const parts = [stream.property && called(words, stream.property), stream.unit && unit_symbol(stream.unit)]
    return <span className="staff-quiet">{parts.filter(Boolean).join(', ')}</span>
}

function Entry({ stream, first, last, move, take_off }: { stream: Shown; first: boolean; last: boolean; move: (by: -1 | 1) => void; take_off: () => void }) {
    const { words } = useStaff()
    const { say } = words
    const { name } = stream
    return (
        <li>
            <div className="staff-actions">
                <span>{name}</span>
                <Meaning stream={stream} />
                <AccessState access={stream.access} />
            </div>
            {stream.access !== 'public' && (
                <p className="staff-quiet">
                    {say('places.not_public')} <Aside to={`/staff/datastreams/${stream.id}`}>{say('places.see_datastream', { name })}</Aside>
                </p>
            )}
            <div className="staff-actions">
                <Button type="button" variant="secondary" data-size="sm" disabled={first} onClick={() => move(-1)} aria-label={say('places.up_name', { name })}>
                    {say('places.up')}
                </Button>
                <Button type="button" variant="secondary" data-size="sm" disabled={last} onClick={() => move(1)} aria-label={say('places.down_name', { name })}>
                    {say('places.down')}
                </Button>
                <Button type="button" variant="tertiary" data-color="danger" data-size="sm" onClick={take_off} aria-label={say('places.take_off_name', { name })}>
                    {say('places.take_off')}
                </Button>
            </div>
        </li>
    )
}

/// Few at a time: who looks for one writes a word more.
const found_max = 8

function Finder({ chosen, add, input }: { chosen: Shown[]; add: (stream: Shown) => void; input: React.RefObject<HTMLInputElement | null> }) {
    const { words, format } = useStaff()
    const { say } = words
    const [q, set_q] = useState('')
    // Those that are chosen already are not offered, so that many more are asked for.
    const found = useLoad(`find ${q}`, (signal) => call('get', '/api/v1/staff/datastreams', { query: { q, limit: 100 }, signal }))
    const others = found.value?.items.filter(({ id }) => chosen.every((one) => one.id !== id)) ?? []
    const more = (found.value?.total ?? 0) - (found.value?.items.length ?? 0)
    const offered = others.slice(0, found_max)
    return (
        <>
            <Search data-size="sm">
                <Search.Input
                    ref={input}
                    aria-label={say('places.find')}
                    placeholder={say('places.find')}
                    value={q}
                    onChange={(event) => set_q(event.target.value)}
                    onKeyDown={(event) => event.key === 'Enter' && event.preventDefault()}
                />
            </Search>
            {found.value && (
                <p className="staff-quiet" role="status">
                    {offered.length === 0 ? say('places.nothing_found') : say('places.found', { shown: String(offered.length), total: format.number(others.length + more, 0) })}
                </p>
            )}
            <ul className="staff-found" aria-label={say('places.find')}>
                {offered.map((stream) => (
                    <li key={stream.id}>
                        <Button type="button" variant="secondary" data-size="sm" onClick={() => add(shown_of(stream))} aria-label={say('places.add_name', { name: stream.name })}>
                            {say('places.add')}
                        </Button>
                        <span>{stream.name}</span>
                        <Meaning stream={shown_of(stream)} />
                        <AccessState access={stream.access} />
                    </li>
                ))}
            </ul>
        </>
    )
}
