import { Heading } from '@digdir/designsystemet-react'
import { call } from '../api/client.ts'
import { useLoad, useStaff } from './context.tsx'
import { Way } from './parts.tsx'

/// What to do first, in a town that has neither places nor devices. Nothing in others.
export function FirstSteps() {
    const { words } = useStaff()
    const { say } = words
    const begun = useLoad('begun', async (signal) => {
        const [places, devices] = await Promise.all([
            call('get', '/api/v1/staff/places', { signal }),
            call('get', '/api/v1/staff/devices', { query: { limit: 1 }, signal }),
        ])
        return places.items.length + devices.total > 0
    })
    if (begun.value !== false) return null
    return (
        <>
            <Heading level={3} data-size="2xs">
                {say('first.title')}
            </Heading>
            <ol>
                <li>
                    {say('first.place')} <Way to="/staff/places/new">{say('inbox.make_place')}</Way>
                </li>
                <li>
                    {say('first.profile')} <Way to="/staff/profiles/new">{say('inbox.make_profile')}</Way> <Way to="/staff/codecs">{say('nav_staff.codecs')}</Way>
                </li>
                <li>
                    {say('first.adopt')} <Way to="/staff/tokens">{say('first.tokens')}</Way> <Way to="/staff/inbox">{say('nav_staff.inbox')}</Way>
                </li>
            </ol>
        </>
    )
}
