import { Button, Heading, Paragraph, Search } from '@digdir/designsystemet-react'
import { useRef, useState } from 'react'
import { call, type Schemas } from '../api/client.ts'
import { useAct, useLoad, useStaff } from './context.tsx'
import { Empty, Facts, Fault, Rows, Shown, State } from './parts.tsx'
import { reveal } from './reveal.ts'
import { go, set_query, useRoute } from './route.ts'

type Letter = Schemas['DeadLetter']

const page_size = 200

/// The newest, as many pages as are wanted.
async function letters_of(q: string, pages: number, signal: AbortSignal) {
    const first = await call('get', '/api/v1/staff/dead-letters', { query: { q, limit: page_size }, signal })
    const items = [...first.items]
    let next = first.next
    for (let page = 1; page < pages && next; ++page) {
        const more = await call('get', '/api/v1/staff/dead-letters', { query: { q, limit: page_size, after: next }, signal })
        items.push(...more.items)
        next = more.next
    }
    return { items, total: first.total, next }
}

export function DeadLetters() {
    const { words, format } = useStaff()
    const { say } = words
    const { rest, query } = useRoute()
    const q = query.get('q') ?? ''
    const [pages, set_pages] = useState({ q, count: 1 })
    // Another search begins at its first page.
    const count = pages.q === q ? pages.count : 1
    const letters = useLoad(`letters ${q} ${count}`, (signal) => letters_of(q, count, signal))
    return (
        <>
            <Heading level={1} data-size="xs">
                {say('nav_staff.dead_letters')}
            </Heading>
            <Search data-size="sm">
                <Search.Input aria-label={say('staff.filter')} aria-describedby="filter-hint" defaultValue={q} onChange={(event) => set_query('q', event.target.value)} />
            </Search>
            <p id="filter-hint" className="staff-quiet">
                {say('letters.filter_hint')}
            </p>
            <Shown loaded={letters}>
                {({ items, total, next }) =>
                    items.length === 0 ? (
                        <Empty title={say('letters.empty_title')}>{say('letters.empty')}</Empty>
                    ) : (
                        <div className="staff-split">
                            <div>
                                <p className="staff-quiet">
                                    {say('staff.count', { shown: String(items.length), total: String(total) })} · {say('staff.keys')}
                                </p>
                                <Rows
                                    label={say('nav_staff.dead_letters')}
                                    items={items}
                                    id_of={(letter) => letter.id}
                                    chosen={rest[0]}
                                    open={(letter) => go(`/staff/dead-letters/${letter.id}${location.search}`)}
                                    render={(letter) => (
                                        <>
                                            <strong>{words.lookup(`reason.${letter.reason}`)}</strong>
                                            {letter.reason !== 'unknown_device' && <span className="staff-code">{letter.sentence}</span>}
                                            <span>
                                                {letter.source} · {format.age(Date.parse(letter.time), Date.now())}
                                            </span>
                                            {letter.state === 'replayed' && <State tone="success">{say('outcome.replayed')}</State>}
                                        </>
                                    )}
                                />
                                <div className="staff-actions">
                                    {next && (
                                        <Button variant="secondary" data-size="sm" onClick={() => set_pages({ q, count: count + 1 })}>
                                            {say('letters.more')}
                                        </Button>
                                    )}
                                    <ReplayAll key={q} q={q} total={total} done={letters.reload} />
                                </div>
                            </div>
                            <Detail letter={items.find((letter) => letter.id === rest[0])} replayed={letters.reload} />
                        </div>
                    )
                }
            </Shown>
        </>
    )
}

/// Tries all that the search finds again, one after another, as after a codec has been mended. What has been stored once is not
/// stored twice, so it may be stopped and begun anew.
function ReplayAll({ q, total, done }: { q: string; total: number; done: () => void }) {
    const { say } = useStaff().words
    const { act, busy, fault } = useAct()
    const [told, set_told] = useState('')
    const stopped = useRef(false)
    const replay_all = () =>
        void act(async () => {
            stopped.current = false
            let tried = 0
            let stored = 0
            let after: string | null | undefined
            do {
                const query = { q: `${q} state:waiting`.trim(), limit: page_size, ...(after ? { after } : {}) }
                const page: Awaited<ReturnType<typeof letters_of>> = await call('get', '/api/v1/staff/dead-letters', { query })
                for (const { id } of page.items) {
                    if (stopped.current) break
                    const { outcome } = await call('post', '/api/v1/staff/dead-letters/{id}/replay', { path: { id } })
                    ++tried
                    if (outcome === 'stored') ++stored
                    set_told(say('letters.replay_progress', { tried: String(tried), stored: String(stored) }))
                }
                after = page.next
            } while (after && !stopped.current)
            if (tried === 0) set_told(say('letters.replay_none'))
            done()
        })
    return (
        <>
            <Button variant="secondary" data-size="sm" onClick={replay_all} disabled={busy}>
                {say('letters.replay_all', { total: String(total) })}
            </Button>
            {busy && (
                <Button variant="tertiary" data-size="sm" onClick={() => (stopped.current = true)}>
                    {say('letters.stop')}
                </Button>
            )}
            <span role="status">{told}</span>
            <Fault>{fault}</Fault>
        </>
    )
}

function Detail({ letter, replayed }: { letter: Letter | undefined; replayed: () => void }) {
    const { words, format } = useStaff()
    const { say } = words
    const { act, busy, fault } = useAct()
    const [told, set_told] = useState<{ id: string; text: string }>()
    if (!letter) return <p className="staff-quiet">{say('letters.choose')}</p>
    const replay = () =>
        void act(async () => {
            const { outcome, sentence } = await call('post', '/api/v1/staff/dead-letters/{id}/replay', { path: { id: letter.id } })
            set_told({ id: letter.id, text: say('letters.replayed', { outcome: words.lookup(`outcome.${outcome}`), sentence }) })
            replayed()
        })
    const shown_bytes = letter.payload_encoding === 'hex' ? letter.payload.length / 2 : new TextEncoder().encode(letter.payload).length
    return (
        <section key={letter.id} ref={reveal} tabIndex={-1} className="staff-detail" aria-labelledby="letter-title">
            <Heading level={2} data-size="2xs" id="letter-title">
                {letter.sentence}
            </Heading>
            <div className="staff-actions">
                <Button onClick={replay} disabled={busy}>
                    {say('letters.replay')}
                </Button>
                <span role="status">{told?.id === letter.id ? told.text : ''}</span>
            </div>
            <Fault>{fault}</Fault>
            <Facts
                facts={[
                    [say('letters.reason'), <span className="staff-code">{letter.reason}</span>],
                    [say('staff.source'), letter.source],
                    [say('staff.device'), letter.device ?? '–'],
                    [say('letters.field'), letter.field ?? '–'],
                    [say('staff.time'), format.date_and_time(Date.parse(letter.time))],
                ]}
            />
            {letter.line ? <Paragraph>{say('letters.line', { line: String(letter.line) })}</Paragraph> : null}
            <Heading level={3} data-size="2xs">
                {say('letters.payload')}
            </Heading>
            {shown_bytes < letter.payload_bytes && (
                <p className="staff-quiet">{say('letters.cut', { shown: format.number(shown_bytes, 0), total: format.number(letter.payload_bytes, 0) })}</p>
            )}
            <pre className="staff-code staff-payload" tabIndex={0}>
                {letter.payload}
            </pre>
        </section>
    )
}
