import { Button, Heading, Paragraph, Textfield } from '@digdir/designsystemet-react'
import { type FormEvent, useEffect, useState } from 'react'
import { call, type Schemas } from '../api/client.ts'
import { useAct, useStaff } from './context.tsx'
import { Fault } from './parts.tsx'

type Session = Schemas['Session']

const text = (form: FormData, name: string) => String(form.get(name) ?? '')

/// Sign-in, or the making of the first account when there is none.
export function SignIn({ signed_in }: { signed_in: (session: Session) => void }) {
    const { words } = useStaff()
    const { say } = words
    const [first, set_first] = useState(false)
    const { act, busy, fault } = useAct()
    useEffect(() => {
        call('get', '/api/v1/staff/setup').then(
            ({ needed }) => set_first(needed),
            () => set_first(false),
        )
    }, [])
    const submit = (event: FormEvent<HTMLFormElement>) => {
        event.preventDefault()
        const form = new FormData(event.currentTarget)
        const name = text(form, 'name')
        const password = text(form, 'password')
        void act(async () => {
            const session = first
                ? await call('post', '/api/v1/staff/setup', { body: { code: text(form, 'code').trim(), name, password } })
                : await call('post', '/api/v1/staff/session', { body: { name, password } })
            if (session) signed_in(session)
        })
    }
    return (
        <main id="main" className="staff-sign-in">
            <Heading level={1} data-size="sm">
                {say(first ? 'setup.title' : 'sign_in.title')}
            </Heading>
            {first && <Paragraph>{say('setup.why')}</Paragraph>}
            <form onSubmit={submit}>
                {first && <Textfield name="code" label={say('setup.code')} autoComplete="one-time-code" required />}
                <Textfield name="name" label={say('sign_in.name')} autoComplete="username" required />
                <Textfield
                    name="password"
                    type="password"
                    label={say('sign_in.password')}
                    description={first ? say('setup.password_hint') : undefined}
                    minLength={first ? 12 : undefined}
                    autoComplete={first ? 'new-password' : 'current-password'}
                    required
                />
                <Fault>{fault}</Fault>
                <Button type="submit" disabled={busy}>
                    {say(first ? 'setup.button' : 'sign_in.button')}
                </Button>
            </form>
        </main>
    )
}
