import { Heading, Paragraph } from '@digdir/designsystemet-react'
import { useEffect } from 'react'
import { useStaff } from './context.tsx'
import { Way } from './parts.tsx'

/// For an address below /staff that no view has.
export function Unknown() {
    const { words } = useStaff()
    const { say } = words
    useEffect(() => {
        const before = document.title
        document.title = `${say('unknown.title')} – ${say('shell.service')}`
        return () => void (document.title = before)
    }, [say])
    return (
        <>
            <Heading level={1} data-size="xs">
                {say('unknown.title')}
            </Heading>
            <Paragraph>{say('unknown.text', { address: location.pathname })}</Paragraph>
            <Paragraph>
                <Way to="/staff/inbox">{say('unknown.home')}</Way>
            </Paragraph>
        </>
    )
}
