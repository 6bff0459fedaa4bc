import { Alert, Button, Dialog, Heading, Link, Paragraph, Skeleton, Table, Tag } from '@digdir/designsystemet-react'
import { type ReactNode, type RefObject, useCallback, useEffect, useId, useRef, useState } from 'react'
import { type Loaded, useAct, useStaff } from './context.tsx'
import { follow, go, useRoute } from './route.ts'

type Tone = 'success' | 'warning' | 'danger' | 'neutral' | 'info'

/// A state: a word, with a colour beside it.
export function State({ tone, children }: { tone: Tone; children: ReactNode }) {
    return (
        <Tag data-color={tone} data-size="sm">
            {children}
        </Tag>
    )
}

/// Says what will be here and how it gets here. `more` stands below the sentence.
export function Empty({ title, more, children }: { title: string; more?: ReactNode; children: ReactNode }) {
    return (
        <div className="staff-empty">
            <Heading level={2} data-size="2xs">
                {title}
            </Heading>
            <Paragraph>{children}</Paragraph>
            {more}
        </div>
    )
}

/// A link to another of the staff pages.
export function Way({ to, children }: { to: string; children: ReactNode }) {
    return (
        <Link href={to} onClick={follow}>
            {children}
        </Link>
    )
}

/// A link that leaves what is being written here as it is.
export function Aside({ to, children }: { to: string; children: string }) {
    const { words } = useStaff()
    return (
        <Link href={to} target="_blank" rel="noopener">
            {words.say('staff.new_tab', { what: children })}
        </Link>
    )
}

/// Asks before something that cannot be taken back. Shown by `dialog.current.showModal()`; whoever does it closes it.
export function Confirm({ dialog, title, children, fault, busy, danger, button, act }: {
    dialog: RefObject<HTMLDialogElement | null>
    title: string
    children: ReactNode
    fault?: string | undefined
    busy: boolean
    danger?: boolean
    button: string
    act: () => void
}) {
    const { words } = useStaff()
    const id = useId()
    return (
        <Dialog ref={dialog} closeButton={false} aria-labelledby={id}>
            <Heading level={2} data-size="2xs" id={id}>
                {title}
            </Heading>
            {children}
            <Fault>{fault}</Fault>
            <div className="staff-actions">
                <Button type="button" {...(danger ? { 'data-color': 'danger' } : {})} disabled={busy} onClick={act}>
                    {button}
                </Button>
                <Button type="button" variant="secondary" onClick={() => dialog.current?.close()}>
                    {words.say('staff.cancel')}
                </Button>
            </div>
        </Dialog>
    )
}

/// A button that takes something away for good, once a person has said yes.
export function Remove({ button, title, why, remove, removed }: {
    button: string
    title: string
    why: string
    remove: () => Promise<unknown>
    removed: () => void
}) {
    const { act, busy, fault } = useAct()
    const dialog = useRef<HTMLDialogElement>(null)
    const sure = () =>
        void act(async () => {
            await remove()
            dialog.current?.close()
            removed()
        })
    return (
        <>
            <div className="staff-actions">
                <Button type="button" variant="secondary" data-color="danger" data-size="sm" onClick={() => dialog.current?.showModal()}>
                    {button}
                </Button>
            </div>
            <Confirm dialog={dialog} title={title} fault={fault} busy={busy} danger button={button} act={sure}>
                <Paragraph>{why}</Paragraph>
            </Confirm>
        </>
    )
}

export function Fault({ children }: { children: ReactNode }) {
    return children ? (
        <Alert data-color="danger" role="alert">
            {children}
        </Alert>
    ) : null
}

/// Skeleton, fault or the thing itself: the same everywhere.
export function Shown<T>({ loaded, children }: { loaded: Loaded<T>; children: (value: T) => ReactNode }) {
    const { words } = useStaff()
    const { value, fault, reload } = loaded
    return (
        <>
            {fault && (
                <Alert data-color="danger" role="alert">
                    <Paragraph>{words.say('staff.failed', { why: fault })}</Paragraph>
                    <Button variant="secondary" data-size="sm" onClick={reload}>
                        {words.say('staff.try_again')}
                    </Button>
                </Alert>
            )}
            {value !== undefined ? children(value) : !fault && <Waiting />}
        </>
    )
}

/// Seen only when waiting takes long enough to be noticed.
function Waiting() {
    const { words } = useStaff()
    const [late, set_late] = useState(false)
    useEffect(() => {
        const timer = setTimeout(() => set_late(true), 300)
        return () => clearTimeout(timer)
    }, [])
    return late ? (
        <div role="status" aria-label={words.say('staff.loading')}>
            <Skeleton variant="rectangle" height={32} />
            <Skeleton variant="rectangle" height={32} />
            <Skeleton variant="rectangle" height={32} />
        </div>
    ) : null
}

/// A list that j, k, the arrows and enter move through. `render` draws one row's cells.
export function Rows<T>({ items, id_of, chosen, open, render, label }: {
    items: readonly T[]
    id_of: (item: T) => string
    chosen?: string | undefined
    open: (item: T) => void
    render: (item: T) => ReactNode
    label: string
}) {
    const list = useRef<HTMLUListElement>(null)
    const at = Math.max(0, items.findIndex((item) => id_of(item) === chosen))
    const step = useCallback(
        (to: number) => {
            const row = list.current?.children[Math.min(items.length - 1, Math.max(0, to))]?.querySelector('button')
            row?.focus()
        },
        [items.length],
    )
    useEffect(() => {
        const keys = (event: KeyboardEvent) => {
            const target = event.target as HTMLElement
            if (target.closest('input, textarea, select, dialog') || event.ctrlKey || event.metaKey || event.altKey) return
            const moves: Record<string, number> = { j: 1, k: -1, ArrowDown: 1, ArrowUp: -1 }
            const move = moves[event.key]
            const inside = list.current?.contains(document.activeElement)
            if (move === undefined || (!inside && event.key.startsWith('Arrow'))) return
            event.preventDefault()
            const now = [...(list.current?.children ?? [])].findIndex((row) => row.contains(document.activeElement))
            step(now < 0 ? at : now + move)
        }
        window.addEventListener('keydown', keys)
        return () => window.removeEventListener('keydown', keys)
    }, [at, step])
    return (
        <ul className="staff-rows" ref={list} aria-label={label}>
            {items.map((item) => (
                <li key={id_of(item)}>
                    <button type="button" aria-current={id_of(item) === chosen || undefined} onClick={() => open(item)}>
                        {render(item)}
                    </button>
                </li>
            ))}
        </ul>
    )
}

export function Facts({ facts }: { facts: [string, ReactNode][] }) {
    return (
        <dl className="staff-facts">
            {facts.map(([name, value]) => (
                <div key={name}>
                    <dt>{name}</dt>
                    <dd>{value}</dd>
                </div>
            ))}
        </dl>
    )
}

/// A table that scrolls in itself where the window is narrow, and can be scrolled by keyboard. `children` are its rows.
export function ScrollTable({ label, heads, hover, children }: {
    label: string
    heads: (string | { number: string })[]
    hover?: boolean
    children: ReactNode
}) {
    return (
        <div className="staff-scroll" tabIndex={0} role="group" aria-label={label}>
            <Table data-size="sm" hover={hover ?? false}>
                <Table.Head>
                    <Table.Row>
                        {heads.map((head) =>
                            typeof head === 'string' ? (
                                <Table.HeaderCell key={head}>{head}</Table.HeaderCell>
                            ) : (
                                <Table.HeaderCell key={head.number} className="staff-number">
                                    {head.number}
                                </Table.HeaderCell>
                            ),
                        )}
                    </Table.Row>
                </Table.Head>
                <Table.Body>{children}</Table.Body>
            </Table>
        </div>
    )
}

/// A page of things that can be made: a button for a new one, the list, and beside it whatever `children` gives for the
/// part of the address after the page's own ("new", an id, or nothing).
export function ListPage<T>({ title, path, make, loaded, empty, told, id_of, render, children }: {
    title: string
    path: string
    make: string
    loaded: Loaded<{ items: T[] }>
    empty: { title: string; text: string; more?: ReactNode }
    /// What was just done to one of them.
    told?: string
    id_of: (item: T) => string
    render: (item: T) => ReactNode
    children: (opened: string | undefined, items: T[]) => ReactNode
}) {
    const { rest } = useRoute()
    return (
        <>
            <div className="staff-actions">
                <Heading level={1} data-size="xs">
                    {title}
                </Heading>
                <Button variant="secondary" data-size="sm" onClick={() => go(`${path}/new`)}>
                    {make}
                </Button>
            </div>
            {told !== undefined && <p role="status">{told}</p>}
            <Shown loaded={loaded}>
                {({ items }) => (
                    <div className="staff-split">
                        {items.length === 0 ? (
                            <Empty title={empty.title} more={empty.more}>
                                {empty.text}
                            </Empty>
                        ) : (
                            <Rows label={title} items={items} id_of={id_of} chosen={rest[0]} open={(item) => go(`${path}/${id_of(item)}`)} render={render} />
                        )}
                        {children(rest[0], items)}
                    </div>
                )}
            </Shown>
        </>
    )
}
