import { Alert, Button, Checkbox, Fieldset, Heading, Paragraph, Table, Textfield } from '@digdir/designsystemet-react'
import { type FormEvent, useRef, useState } from 'react'
import { call, type Schemas } from '../api/client.ts'
import { useAct, useLoad, useStaff } from './context.tsx'
import { Confirm, Empty, Fault, ScrollTable, Shown } from './parts.tsx'

type Token = Schemas['Token']
type Scope = Schemas['Scope']
const scopes: Scope[] = ['ingest', 'read', 'admin']

export function Tokens() {
    const { words, format } = useStaff()
    const { say, lookup } = words
    const tokens = useLoad('tokens', (signal) => call('get', '/api/v1/staff/tokens', { signal }))
    const [asked, set_asked] = useState<Token>()
    const dialog = useRef<HTMLDialogElement>(null)
    const { act, busy, fault } = useAct()
    const revoke = () =>
        void act(async () => {
            if (asked) await call('delete', '/api/v1/staff/tokens/{id}', { path: { id: asked.id } })
            dialog.current?.close()
            tokens.reload()
        })
    return (
        <>
            <Heading level={1} data-size="xs">
                {say('nav_staff.tokens')}
            </Heading>
            <NewToken made={tokens.reload} />
            <Shown loaded={tokens}>
                {({ items }) =>
                    items.length === 0 ? (
                        <Empty title={say('tokens.empty_title')}>{say('tokens.empty')}</Empty>
                    ) : (
                        <ScrollTable label={say('nav_staff.tokens')} heads={[say('staff.name'), say('tokens.scope'), say('tokens.created'), say('tokens.last_used'), say('staff.state')]}>
                            {items.map((token) => (
                                <Table.Row key={token.id}>
                                    <Table.HeaderCell scope="row">{token.name}</Table.HeaderCell>
                                    <Table.Cell>{token.scopes.map((scope) => lookup(`tokens.scope_${scope}`)).join(', ')}</Table.Cell>
                                    <Table.Cell>{format.short_date(Date.parse(token.created))}</Table.Cell>
                                    <Table.Cell>{token.last_used ? format.age(Date.parse(token.last_used), Date.now()) : say('staff.never')}</Table.Cell>
                                    <Table.Cell>
                                        {token.revoked ? (
                                            say('tokens.revoked')
                                        ) : (
                                            <Button
                                                variant="secondary"
                                                data-color="danger"
                                                data-size="sm"
                                                onClick={() => {
                                                    set_asked(token)
                                                    dialog.current?.showModal()
                                                }}
                                            >
                                                {say('tokens.revoke')}
                                            </Button>
                                        )}
                                    </Table.Cell>
                                </Table.Row>
                            ))}
                        </ScrollTable>
                    )
                }
            </Shown>
            <Confirm dialog={dialog} title={say('tokens.revoke_title', { name: asked?.name ?? '' })} fault={fault} busy={busy} danger button={say('tokens.revoke')} act={revoke}>
                <Paragraph>{say('tokens.revoke_why')}</Paragraph>
            </Confirm>
        </>
    )
}

function NewToken({ made }: { made: () => void }) {
    const { words } = useStaff()
    const { say, lookup } = words
    const [secret, set_secret] = useState<string>()
    const [told, set_told] = useState('')
    const { act, busy, fault } = useAct()
    const create = (event: FormEvent<HTMLFormElement>) => {
        event.preventDefault()
        const element = event.currentTarget
        const form = new FormData(element)
        const body = { name: String(form.get('name')), scopes: form.getAll('scope') as Scope[] }
        void act(async () => {
            set_secret((await call('post', '/api/v1/staff/tokens', { body })).secret)
            set_told('')
            element.reset()
            made()
        })
    }
    const copy = async () => {
        await navigator.clipboard.writeText(secret ?? '')
        set_told(say('tokens.copied'))
    }
    return (
        <>
            <form className="staff-inline" onSubmit={create} aria-label={say('tokens.new')}>
                <Textfield name="name" label={say('staff.name')} required maxLength={100} />
                <Fieldset>
                    <Fieldset.Legend>{say('tokens.scope')}</Fieldset.Legend>
                    {scopes.map((scope) => (
                        <Checkbox key={scope} name="scope" value={scope} label={lookup(`tokens.scope_${scope}`)} defaultChecked={scope === 'ingest'} />
                    ))}
                </Fieldset>
                <Button type="submit" disabled={busy}>
                    {say('tokens.create')}
                </Button>
            </form>
            <Fault>{fault}</Fault>
            {secret && (
                <Alert data-color="warning" role="status">
                    <Paragraph>{say('tokens.once')}</Paragraph>
                    <p className="staff-code staff-secret">{secret}</p>
                    <Button variant="secondary" data-size="sm" onClick={() => void copy()}>
                        {say('tokens.copy')}
                    </Button>{' '}
                    {told}
                </Alert>
            )}
        </>
    )
}
