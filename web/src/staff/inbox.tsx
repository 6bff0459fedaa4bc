import { Button, Checkbox, Field, Heading, Label, Paragraph, Select, Textfield } from '@digdir/designsystemet-react'
import { type FormEvent, useState } from 'react'
import { call, type Schemas } from '../api/client.ts'
import { useAct, useLoad, useStaff } from './context.tsx'
import { FirstSteps } from './first_steps.tsx'
import { Empty, Facts, Fault, Rows, Shown, Way } from './parts.tsx'
import { chosen_place, PlaceSelect } from './place_select.tsx'
import { go, useRoute } from './route.ts'

type Unknown = Schemas['UnknownDevice']

export function Inbox() {
    const { words, format } = useStaff()
    const { say, plural } = words
    const { rest } = useRoute()
    const [told, set_told] = useState('')
    const inbox = useLoad('inbox', (signal) => call('get', '/api/v1/staff/inbox', { query: { limit: 200 }, signal }))
    return (
        <>
            <Heading level={1} data-size="xs">
                {say('nav_staff.inbox')}
            </Heading>
            <p role="status">{told}</p>
            <Shown loaded={inbox}>
                {({ items }) =>
                    items.length === 0 ? (
                        <Empty title={say('inbox.empty_title')} more={<FirstSteps />}>
                            {say('inbox.empty')}
                        </Empty>
                    ) : (
                        <div className="staff-split">
                            <Rows
                                label={say('nav_staff.inbox')}
                                items={items}
                                id_of={(device) => device.dev_eui}
                                chosen={rest[0]}
                                open={(device) => go(`/staff/inbox/${device.dev_eui}`)}
                                render={(device) => (
                                    <>
                                        <strong>{device.name_hint || device.dev_eui}</strong>
                                        <span className="staff-code">{device.dev_eui}</span>
                                        <span>
                                            {plural('inbox.frames', device.frames)} · {say('inbox.last', { age: format.age(Date.parse(device.last_seen), Date.now()) })}
                                        </span>
                                    </>
                                )}
                            />
                            {items.filter((device) => device.dev_eui === rest[0]).map((device) => (
                                <Adopt
                                    key={device.dev_eui}
                                    device={device}
                                    done={(name) => {
                                        set_told(say('inbox.adopted', { device: name }))
                                        go('/staff/inbox', 'replace')
                                        inbox.reload()
                                    }}
                                />
                            ))}
                        </div>
                    )
                }
            </Shown>
        </>
    )
}

function Adopt({ device, done }: { device: Unknown; done: (name: string) => void }) {
    const { words, format } = useStaff()
    const { say } = words
    const { act, busy, fault } = useAct()
    const profiles = useLoad('profiles', (signal) => call('get', '/api/v1/staff/profiles', { signal }))
    const places = useLoad('places', (signal) => call('get', '/api/v1/staff/places', { signal }))
    const submit = (event: FormEvent<HTMLFormElement>) => {
        event.preventDefault()
        const form = new FormData(event.currentTarget)
        const name = String(form.get('name'))
        const body = { name, profile: String(form.get('profile')), place: chosen_place(form), public: form.has('public') }
        void act(async () => {
            await call('post', '/api/v1/staff/inbox/{devEui}/adopt', { path: { devEui: device.dev_eui }, body })
            done(name)
        })
    }
    const frame = device.last_frame
    return (
        <section className="staff-detail" aria-labelledby="adopt-title">
            <Heading level={2} data-size="2xs" id="adopt-title">
                {say('inbox.adopt_title', { device: device.name_hint || device.dev_eui })}
            </Heading>
            <form onSubmit={submit}>
                <Textfield name="name" label={say('staff.name')} defaultValue={device.name_hint} required maxLength={100} />
                <Field>
                    <Label>{say('staff.profile')}</Label>
                    <Select name="profile" required defaultValue="" key={profiles.value ? 'ready' : 'empty'}>
                        <Select.Option value="" disabled>
                            {say('inbox.choose')}
                        </Select.Option>
                        {profiles.value?.items.map((profile) => (
                            <Select.Option key={profile.id} value={profile.id}>
                                {profile.name}
                            </Select.Option>
                        ))}
                    </Select>
                </Field>
                {profiles.value?.items.length === 0 && (
                    <p className="staff-quiet">
                        {say('inbox.no_profiles')} <Way to="/staff/profiles/new">{say('inbox.make_profile')}</Way>
                    </p>
                )}
                <PlaceSelect places={places} />
                <Checkbox name="public" label={say('inbox.public')} value="yes" />
                <Fault>{fault ?? profiles.fault ?? places.fault}</Fault>
                <Button type="submit" disabled={busy}>
                    {say('inbox.adopt')}
                </Button>
            </form>
            {frame && (
                <>
                    <Heading level={3} data-size="2xs">
                        {say('inbox.payload')}
                    </Heading>
                    <Facts
                        facts={[
                            [say('staff.time'), format.date_and_time(Date.parse(frame.time))],
                            [say('codecs.port'), frame.f_port ?? '–'],
                            [say('staff.source'), `${device.source} · ${device.profile_hint}`],
                        ]}
                    />
                    <Paragraph className="staff-code">{frame.payload_hex}</Paragraph>
                </>
            )}
        </section>
    )
}
