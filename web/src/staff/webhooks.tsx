import { Alert, Button, Checkbox, Fieldset, Heading, Paragraph, Table, Textfield } from '@digdir/designsystemet-react'
import { type FormEvent, useRef, useState } from 'react'
import { call, type Schemas } from '../api/client.ts'
import { useAct, useLoad, useStaff } from './context.tsx'
import { Confirm, Facts, Fault, ListPage, ScrollTable, Shown, State } from './parts.tsx'
import { go } from './route.ts'
import { fault_sentence, refused_field } from './webhook_faults.ts'

type Webhook = Schemas['Webhook']

export function Webhooks() {
    const { words } = useStaff()
    const { say } = words
    const webhooks = useLoad('webhooks', (signal) => call('get', '/api/v1/webhooks', { signal }))
    const [secret, set_secret] = useState<{ id: number; text: string }>()
    const made = (id: number, text: string) => {
        set_secret({ id, text })
        webhooks.reload()
        go(`/staff/webhooks/${id}`, 'replace')
    }
    return (
        <ListPage
            title={say('nav_staff.webhooks')}
            path="/staff/webhooks"
            make={say('webhooks.new')}
            loaded={webhooks}
            empty={{ title: say('webhooks.empty_title'), text: say('webhooks.empty') }}
            id_of={({ id }) => String(id)}
            render={(webhook) => <Row webhook={webhook} />}
        >
            {(opened, items) =>
                opened === 'new' ? (
                    <NewWebhook made={made} />
                ) : (
                    items
                        .filter(({ id }) => String(id) === opened)
                        .map((webhook) => (
                            <Detail key={webhook.id} webhook={webhook} secret={secret?.id === webhook.id ? secret.text : undefined} changed={webhooks.reload} />
                        ))
                )
            }
        </ListPage>
    )
}

function Row({ webhook }: { webhook: Webhook }) {
    const { words } = useStaff()
    const { say } = words
    return (
        <>
            <strong>{webhook.description || webhook.url}</strong>
            {webhook.description && <span>{webhook.url}</span>}
            <State tone={webhook.active ? 'success' : 'neutral'}>{say(webhook.active ? 'webhooks.active' : 'webhooks.paused')}</State>
            {webhook.dead > 0 && <State tone="danger">{words.plural('webhooks.dead_count', webhook.dead)}</State>}
        </>
    )
}

function NewWebhook({ made }: { made: (id: number, secret: string) => void }) {
    const { words } = useStaff()
    const { say } = words
    const { act, busy, fault } = useAct()
    const places = useLoad('places', (signal) => call('get', '/api/v1/staff/places', { signal }))
    const [told, set_told] = useState<string>()
    const create = (event: FormEvent<HTMLFormElement>) => {
        event.preventDefault()
        const form = new FormData(event.currentTarget)
        const datastreams = String(form.get('datastreams')).split(/[\s,]+/).filter(Boolean).map(Number)
        const body = { url: String(form.get('url')), description: String(form.get('description')), places: form.getAll('place').map(String), datastreams }
        const nothing = body.places.length + datastreams.length === 0
        set_told(nothing ? say('webhooks.nothing') : undefined)
        if (nothing) return
        void act(async () => {
            try {
                const webhook = await call('post', '/api/v1/webhooks', { body })
                made(webhook.id, webhook.secret)
            } catch (refused) {
                const sentence = refused_field(words, refused)
                if (!sentence) throw refused
                set_told(sentence)
            }
        })
    }
    return (
        <section className="staff-detail" aria-label={say('webhooks.new')}>
            <form onSubmit={create}>
                <Textfield name="url" type="url" label={say('webhooks.url')} description={say('webhooks.url_hint')} required maxLength={2000} placeholder="https://" />
                <Textfield name="description" label={say('webhooks.description')} description={say('webhooks.description_hint')} maxLength={200} />
                <Fieldset>
                    <Fieldset.Legend>{say('webhooks.places')}</Fieldset.Legend>
                    {places.value?.items.map((place) => <Checkbox key={place.slug} name="place" value={place.slug} label={place.name} />)}
                </Fieldset>
                <Textfield name="datastreams" label={say('webhooks.datastreams')} description={say('webhooks.datastreams_hint')} pattern="[0-9]*([\s,]+[0-9]+)*" />
                <Fault>{told ?? fault ?? places.fault}</Fault>
                <Button type="submit" disabled={busy}>
                    {say('webhooks.create')}
                </Button>
            </form>
        </section>
    )
}

function Secret({ text }: { text: string }) {
    const { words } = useStaff()
    const { say } = words
    const [told, set_told] = useState('')
    const copy = async () => {
        await navigator.clipboard.writeText(text)
        set_told(say('tokens.copied'))
    }
    return (
        <Alert data-color="warning" role="status">
            <Paragraph>{say('webhooks.once')}</Paragraph>
            <p className="staff-code staff-secret">{text}</p>
            <Button variant="secondary" data-size="sm" onClick={() => void copy()}>
                {say('tokens.copy')}
            </Button>{' '}
            {told}
        </Alert>
    )
}

function Detail({ webhook, secret, changed }: { webhook: Webhook; secret: string | undefined; changed: () => void }) {
    const { words, format } = useStaff()
    const { say } = words
    const { act, busy, fault } = useAct()
    const dialog = useRef<HTMLDialogElement>(null)
    const path = { id: String(webhook.id) }
    const set_active = (active: boolean) =>
        void act(async () => {
            await call('patch', '/api/v1/webhooks/{id}', { path, body: { active } })
            changed()
        })
    const remove = () =>
        void act(async () => {
            await call('delete', '/api/v1/webhooks/{id}', { path })
            dialog.current?.close()
            go('/staff/webhooks', 'replace')
            changed()
        })
    return (
        <section className="staff-detail" aria-labelledby="webhook-title">
            <Heading level={2} data-size="2xs" id="webhook-title">
                {webhook.description || webhook.url}
            </Heading>
            {secret && <Secret text={secret} />}
            <div className="staff-actions">
                <Button variant="secondary" data-size="sm" disabled={busy} onClick={() => set_active(!webhook.active)}>
                    {say(webhook.active ? 'webhooks.pause' : 'webhooks.resume')}
                </Button>
                <Button variant="secondary" data-color="danger" data-size="sm" onClick={() => dialog.current?.showModal()}>
                    {say('webhooks.remove')}
                </Button>
            </div>
            <Fault>{fault}</Fault>
            <Facts
                facts={[
                    [say('webhooks.url'), <span className="staff-code">{webhook.url}</span>],
                    [say('webhooks.places'), webhook.places.join(', ') || say('staff.none')],
                    [say('webhooks.datastreams'), webhook.datastreams.join(', ') || say('staff.none')],
                    [say('tokens.created'), format.date_and_time(Date.parse(webhook.created))],
                    [say('webhooks.waiting'), format.number(webhook.waiting, 0)],
                    [say('webhooks.refused'), format.number(webhook.refused, 0)],
                ]}
            />
            <Deliveries path={path} />
            <DeadLetters path={path} dead={webhook.dead} changed={changed} />
            <Confirm dialog={dialog} title={say('webhooks.remove_title', { name: webhook.description || webhook.url })} fault={fault} busy={busy} danger button={say('webhooks.remove')} act={remove}>
                <Paragraph>{say('webhooks.remove_why')}</Paragraph>
            </Confirm>
        </section>
    )
}

function Deliveries({ path }: { path: { id: string } }) {
    const { words, format } = useStaff()
    const { say } = words
    const deliveries = useLoad(`deliveries ${path.id}`, (signal) => call('get', '/api/v1/webhooks/{id}/deliveries', { path, signal }))
    return (
        <>
            <div className="staff-actions">
                <Heading level={3} data-size="2xs">
                    {say('webhooks.deliveries')}
                </Heading>
                <Button variant="tertiary" data-size="sm" onClick={deliveries.reload}>
                    {say('webhooks.refresh')}
                </Button>
            </div>
            <Shown loaded={deliveries}>
                {({ items }) =>
                    items.length === 0 ? (
                        <p className="staff-quiet">{say('webhooks.no_deliveries')}</p>
                    ) : (
                        <ScrollTable label={say('webhooks.deliveries')} heads={[say('staff.time'), say('staff.state'), say('webhooks.answer'), say('webhooks.event')]}>
                            {items.map((delivery) => (
                                <Table.Row key={`${delivery.time} ${delivery.event}`}>
                                    <Table.Cell>{format.age(Date.parse(delivery.time), Date.now())}</Table.Cell>
                                    <Table.Cell>
                                        <State tone={delivery.received ? 'success' : 'danger'}>{say(delivery.received ? 'webhooks.received' : 'webhooks.failed')}</State>
                                    </Table.Cell>
                                    <Table.Cell>{delivery.received ? delivery.status : fault_sentence(words, delivery)}</Table.Cell>
                                    <Table.Cell>
                                        <span className="staff-code">{delivery.event}</span>
                                    </Table.Cell>
                                </Table.Row>
                            ))}
                        </ScrollTable>
                    )
                }
            </Shown>
        </>
    )
}

function DeadLetters({ path, dead, changed }: { path: { id: string }; dead: number; changed: () => void }) {
    const { words, format } = useStaff()
    const { say } = words
    const letters = useLoad(`dead ${path.id} ${dead}`, (signal) => call('get', '/api/v1/webhooks/{id}/dead-letters', { path, signal }))
    const [told, set_told] = useState('')
    const { act, busy, fault } = useAct()
    const resend = (ids: number[]) =>
        void act(async () => {
            for (const id of ids) await call('post', '/api/v1/webhooks/dead-letters/{message}/retry', { path: { message: String(id) } })
            set_told(words.plural('webhooks.resent', ids.length))
            letters.reload()
            changed()
        })
    return (
        <>
            <Heading level={3} data-size="2xs">
                {say('webhooks.dead')}
            </Heading>
            <span role="status">{told}</span>
            <Fault>{fault}</Fault>
            <Shown loaded={letters}>
                {({ items }) =>
                    items.length === 0 ? (
                        <p className="staff-quiet">{say('webhooks.no_dead')}</p>
                    ) : (
                        <>
                            {items.length > 1 && (
                                <Button variant="secondary" data-size="sm" disabled={busy} onClick={() => resend(items.map(({ id }) => id))}>
                                    {say('webhooks.resend_all')}
                                </Button>
                            )}
                            <ScrollTable label={say('webhooks.dead')} heads={[say('webhooks.event'), say('staff.time'), say('letters.reason'), say('webhooks.act')]}>
                                {items.map((letter) => (
                                    <Table.Row key={letter.id}>
                                        <Table.HeaderCell scope="row">
                                            <span className="staff-code">{letter.event}</span>
                                        </Table.HeaderCell>
                                        <Table.Cell>{format.age(Date.parse(letter.created), Date.now())}</Table.Cell>
                                        <Table.Cell>
                                            {fault_sentence(words, letter)} {words.plural('webhooks.attempts', letter.attempts)}
                                        </Table.Cell>
                                        <Table.Cell>
                                            <Button variant="secondary" data-size="sm" disabled={busy} onClick={() => resend([letter.id])}>
                                                {say('webhooks.resend')}
                                            </Button>
                                        </Table.Cell>
                                    </Table.Row>
                                ))}
                            </ScrollTable>
                        </>
                    )
                }
            </Shown>
        </>
    )
}
