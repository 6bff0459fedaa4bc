import { Button, Link, SkipLink } from '@digdir/designsystemet-react'
import { type ReactNode, useEffect, useMemo, useState } from 'react'
import { call, type Schemas, use_csrf_token } from '../api/client.ts'
import { Format } from '../words/format.ts'
import { languages, own_names } from '../words/language.ts'
import type { Key, Words } from '../words/words.ts'
import { Codecs } from './codecs.tsx'
import { StaffContext, useStaff } from './context.tsx'
import { Datastreams } from './datastreams.tsx'
import { DeadLetters } from './dead_letters.tsx'
import { Devices } from './devices.tsx'
import { Health } from './health.tsx'
import { Inbox } from './inbox.tsx'
import { Places } from './places.tsx'
import { Profiles } from './profiles.tsx'
import { Quality } from './quality.tsx'
import { follow, useRoute } from './route.ts'
import { SignIn } from './sign_in.tsx'
import { Tokens } from './tokens.tsx'
import { Unknown } from './unknown.tsx'
import { Webhooks } from './webhooks.tsx'

type Session = Schemas['Session']

const views: { path: string; name: Key; view: () => ReactNode }[] = [
    { path: 'inbox', name: 'nav_staff.inbox', view: () => <Inbox /> },
    { path: 'devices', name: 'nav_staff.devices', view: () => <Devices /> },
    { path: 'places', name: 'nav_staff.places', view: () => <Places /> },
    { path: 'datastreams', name: 'nav_staff.datastreams', view: () => <Datastreams /> },
    { path: 'dead-letters', name: 'nav_staff.dead_letters', view: () => <DeadLetters /> },
    { path: 'profiles', name: 'nav_staff.profiles', view: () => <Profiles /> },
    { path: 'codecs', name: 'nav_staff.codecs', view: () => <Codecs /> },
    { path: 'quality', name: 'nav_staff.quality', view: () => <Quality /> },
    { path: 'tokens', name: 'nav_staff.tokens', view: () => <Tokens /> },
    { path: 'webhooks', name: 'nav_staff.webhooks', view: () => <Webhooks /> },
    { path: 'health', name: 'nav_staff.health', view: () => <Health /> },
]

function Frame({ session, leave }: { session: Session; leave: () => void }) {
    const { words } = useStaff()
    const { view } = useRoute()
    const current = views.find(({ path }) => path === view)
    const [open, set_open] = useState(false)
    return (
        <>
            <SkipLink href="#main">{words.say('shell.skip')}</SkipLink>
            <header className="staff-header">
                <a className="staff-name" href="/">
                    {words.say('shell.service')}
                </a>
                <Button className="staff-menu" variant="tertiary" data-size="sm" aria-expanded={open} aria-controls="staff-views" onClick={() => set_open(!open)}>
                    {words.say('nav_staff.menu')}
                </Button>
                <nav id="staff-views" aria-label={words.say('nav.label')} data-open={open || undefined} onClick={() => set_open(false)}>
                    <ul>
                        {views.map(({ path, name }) => (
                            <li key={path}>
                                <a href={`/staff/${path}`} aria-current={path === view ? 'page' : undefined} onClick={follow}>
                                    {words.say(name)}
                                </a>
                            </li>
                        ))}
                    </ul>
                </nav>
                <div className="staff-person">
                    <span className="staff-who">{session.name}</span>
                    <Button variant="tertiary" data-size="sm" onClick={leave}>
                        {words.say('sign_in.out')}
                    </Button>
                </div>
            </header>
            <main id="main" tabIndex={-1}>
                {current ? current.view() : <Unknown />}
            </main>
        </>
    )
}

function Languages({ words }: { words: Words }) {
    return (
        <footer className="staff-footer">
            <nav aria-label={words.say('shell.language')}>
                {languages.map((language) => (
                    <Link key={language} href={`?lang=${language}`} lang={language} hrefLang={language} aria-current={language === words.language || undefined}>
                        {own_names[language]}
                    </Link>
                ))}
            </nav>
        </footer>
    )
}

export function App({ words }: { words: Words }) {
    const [session, set_session] = useState<Session | null>()
    const staff = useMemo(() => ({ words, format: new Format(words), signed_out: () => set_session(null) }), [words])
    const signed_in = (fresh: Session) => {
        use_csrf_token(fresh.csrf_token)
        set_session(fresh)
    }
    useEffect(() => {
        call('get', '/api/v1/staff/session').then(signed_in, () => set_session(null))
    }, [])
    const leave = async () => {
        await call('delete', '/api/v1/staff/session').catch(() => undefined)
        set_session(null)
    }
    return (
        <StaffContext.Provider value={staff}>
            {session && <Frame session={session} leave={() => void leave()} />}
            {session === null && <SignIn signed_in={signed_in} />}
            {session !== undefined && <Languages words={words} />}
        </StaffContext.Provider>
    )
}
