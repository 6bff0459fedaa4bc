import { Button, Field, Heading, Label, Paragraph, Textarea, Textfield } from '@digdir/designsystemet-react'
import { type FormEvent, useState } from 'react'
import { call, type Schemas } from '../api/client.ts'
import { useAct, useLoad, useStaff } from './context.tsx'
import { Fault, ListPage, Remove, Shown, State } from './parts.tsx'
import { reveal } from './reveal.ts'
import { go } from './route.ts'

type CodecSource = Schemas['CodecSource']
type Trial = Schemas['CodecTrial']

const new_codec = `function decodeUplink(input) {
  return { data: { temperature: ((input.bytes[0] << 8) | input.bytes[1]) / 100 } };
}
`

export function Codecs() {
    const { words } = useStaff()
    const { say } = words
    const [told, set_told] = useState('')
    const codecs = useLoad('codecs', (signal) => call('get', '/api/v1/staff/codecs', { signal }))
    const removed = (name: string) => {
        set_told(say('codecs.removed', { name }))
        go('/staff/codecs', 'replace')
        codecs.reload()
    }
    return (
        <ListPage
            title={say('nav_staff.codecs')}
            path="/staff/codecs"
            make={say('codecs.new')}
            loaded={codecs}
            empty={{ title: say('codecs.empty_title'), text: say('codecs.empty') }}
            told={told}
            id_of={({ id }) => id}
            render={(codec) => (
                <>
                    <strong>{codec.name}</strong>
                    <span>
                        {say('codecs.version', { n: String(codec.version) })} · {say('codecs.decoded', { count: String(codec.decoded) })}
                    </span>
                    {codec.failed > 0 && <State tone="warning">{say('codecs.failed', { count: String(codec.failed) })}</State>}
                </>
            )}
        >
            {(opened) => (opened === 'new' ? <Editor key="new" saved={codecs.reload} /> : opened && <Existing key={opened} id={opened} saved={codecs.reload} removed={removed} />)}
        </ListPage>
    )
}

function Existing({ id, saved, removed }: { id: string; saved: () => void; removed: (name: string) => void }) {
    const codec = useLoad(`codec ${id}`, (signal) => call('get', '/api/v1/staff/codecs/{id}', { path: { id }, signal }))
    return <Shown loaded={codec}>{(it) => <Editor codec={it} saved={saved} removed={removed} />}</Shown>
}

function Editor({ codec, saved, removed }: { codec?: CodecSource; saved: () => void; removed?: (name: string) => void }) {
    const { words } = useStaff()
    const { say } = words
    const [script, set_script] = useState(codec?.script ?? new_codec)
    const [version, set_version] = useState(codec?.version ?? 0)
    const [told, set_told] = useState('')
    const { act, busy, fault } = useAct()
    const save = (event: FormEvent<HTMLFormElement>) => {
        event.preventDefault()
        const form = new FormData(event.currentTarget)
        const id = codec?.id ?? String(form.get('id'))
        void act(async () => {
            const kept = await call('put', '/api/v1/staff/codecs/{id}', { path: { id }, body: { name: String(form.get('name')), script, version } })
            set_version(kept.version)
            set_told(say('staff.saved'))
            saved()
            if (!codec) go(`/staff/codecs/${id}`, 'replace')
        })
    }
    return (
        <section ref={reveal} tabIndex={-1} className="staff-detail" aria-label={codec?.name ?? say('codecs.new')}>
            <form onSubmit={save}>
                {!codec && <Textfield name="id" label={say('codecs.id')} required pattern="[A-Za-z0-9_\-]+" maxLength={64} />}
                <Textfield name="name" label={say('staff.name')} defaultValue={codec?.name} required maxLength={100} />
                <Field>
                    <Label>{say('codecs.script')}</Label>
                    <Textarea className="staff-code" rows={18} spellCheck={false} value={script} onChange={(event) => set_script(event.target.value)} />
                </Field>
                <Fault>{fault}</Fault>
                <div className="staff-actions">
                    <Button type="submit" disabled={busy}>
                        {say('staff.save')}
                    </Button>
                    <span role="status">{told}</span>
                </div>
            </form>
            <TryIt script={script} />
            {codec && (
                <Remove
                    button={say('codecs.remove')}
                    title={say('codecs.remove_title', { name: codec.name })}
                    why={say('codecs.remove_why')}
                    remove={() => call('delete', '/api/v1/staff/codecs/{id}', { path: { id: codec.id } })}
                    removed={() => removed?.(codec.name)}
                />
            )}
        </section>
    )
}

function TryIt({ script }: { script: string }) {
    const { words, format } = useStaff()
    const { say } = words
    const [trial, set_trial] = useState<Trial>()
    const { act, busy, fault } = useAct()
    const try_it = (event: FormEvent<HTMLFormElement>) => {
        event.preventDefault()
        const form = new FormData(event.currentTarget)
        const body = { script, f_port: Number(form.get('f_port')), payload_hex: String(form.get('payload')) }
        void act(async () => set_trial(await call('post', '/api/v1/staff/codecs/try', { body })))
    }
    return (
        <form onSubmit={try_it} aria-labelledby="try-title">
            <Heading level={3} data-size="2xs" id="try-title">
                {say('codecs.try_title')}
            </Heading>
            <div className="staff-try">
                <Textfield name="f_port" type="number" min={0} max={255} defaultValue={1} label={say('codecs.port')} required />
                <Textfield name="payload" label={say('codecs.payload')} pattern="([0-9a-fA-F]{2}\s*)*" spellCheck={false} />
                <Button type="submit" variant="secondary" disabled={busy}>
                    {say('codecs.try')}
                </Button>
            </div>
            <Fault>{fault}</Fault>
            <div role="status">
                {trial?.ok && (
                    <>
                        <pre className="staff-code staff-payload">{JSON.stringify(trial.decoded, null, 2)}</pre>
                        {trial.warnings?.map((warning) => (
                            <Paragraph key={warning}>{warning}</Paragraph>
                        ))}
                    </>
                )}
                {trial?.fault && (
                    <Fault>
                        {say(trial.fault.line === null ? 'codecs.fault_anywhere' : 'codecs.fault', {
                            kind: words.lookup(`codecs.kind_${trial.fault.kind}`),
                            line: String(trial.fault.line),
                            sentence: trial.fault.sentence,
                        })}
                    </Fault>
                )}
                {trial && <p className="staff-quiet">{say('codecs.took', { n: format.number(trial.microseconds, 0) })}</p>}
            </div>
        </form>
    )
}
