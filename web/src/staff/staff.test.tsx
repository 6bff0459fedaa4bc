import { describe, expect, it, vi } from 'vitest'
import { address } from '../api/client.ts'
import { missing } from './health.tsx'
import { read_route } from './route.ts'
import { session, use_stage } from './stage.tsx'

describe('addresses', () => {
    it('fill in the path and leave out what is not asked', () => {
        expect(address('/a/{id}/b', { id: 'x/y' }, { q: 'å 1', after: '', limit: 5 })).toBe('/a/x%2Fy/b?q=%C3%A5+1&limit=5')
    })
    it('are read as view, rest and query', () => {
        const route = read_route('/staff/dead-letters/7', '?q=reason:x')
        expect([route.view, route.rest, route.query.get('q')]).toEqual(['dead-letters', ['7'], 'reason:x'])
        expect(read_route('/staff', '').view).toBe('inbox')
        expect(read_route('/staff/devices/%E5%', '').rest).toEqual(['%E5%'])
    })
})

describe('the account of a source', () => {
    it('shows what is missing', () => {
        const source = { source: 'tts', received: 10, stored: 5, duplicate: 2, quarantined: 1, rejected: 1, damaged: 0, in_flight: 1 }
        expect(missing(source)).toBe(0)
        expect(missing({ ...source, stored: 4, damaged: 1 })).toBe(0)
        expect(missing({ ...source, stored: 3 })).toBe(2)
    })
})

describe('the staff app', () => {
    const { answers, asked, element, open, press, settled, shows } = use_stage()

    it('asks for a password when nobody is signed in, and for the code when there is no account', async () => {
        answers['GET /api/v1/staff/setup'] = { needed: true }
        await open('/staff/dead-letters')
        await shows('Engangskode')
        expect(element().querySelector('input[type=password]')).not.toBeNull()
    })
    it('says that a page does not exist, and leads to one that does', async () => {
        answers['GET /api/v1/staff/session'] = session
        answers['GET /api/v1/staff/inbox'] = { items: [] }
        await open('/staff/bogus')
        await shows('Siden finnes ikke')
        expect(element().querySelector('main')!.textContent).toContain('/staff/bogus')
        expect(asked.some(({ request }) => request.includes('inbox'))).toBe(false)
        await settled(() => element().querySelector<HTMLAnchorElement>('main a')!.click())
        expect(location.pathname).toBe('/staff/inbox')
    })
    it('shows a dead letter and replays it with the CSRF token', async () => {
        answers['GET /api/v1/staff/session'] = session
        answers['GET /api/v1/staff/dead-letters'] = {
            next: null,
            total: 1,
            items: [{ id: '7', time: '2026-07-05T12:00:00Z', source: 'chirpstack', reason: 'codec_failed', sentence: 'Kodeken feilet', field: null, device: null, payload: '{}', payload_encoding: 'text', payload_bytes: 2, state: 'waiting' }],
        }
        answers['POST /api/v1/staff/dead-letters/7/replay'] = { outcome: 'stored', sentence: 'To målinger.' }
        await open('/staff/dead-letters')
        await shows('Kodeken feilet')
        await settled(() => element().querySelector<HTMLButtonElement>('.staff-rows button')!.click())
        expect(location.pathname).toBe('/staff/dead-letters/7')
        await press('Spill av på nytt')
        await shows('Spilt av: lagret. To målinger.')
        expect(asked.find(({ request }) => request.startsWith('POST'))!.csrf_token).toBe('abc')
    })
    it('tries all that a search finds again, and takes the view to a letter that stands below the list', async () => {
        const letter = (id: string) => ({ id, time: '2026-07-05T12:00:00Z', source: 'chirpstack', reason: 'codec_failed', sentence: `Feil ${id}`, field: null, device: null, payload: '{}', payload_encoding: 'text', payload_bytes: 2, state: 'waiting' })
        answers['GET /api/v1/staff/session'] = session
        answers['GET /api/v1/staff/dead-letters'] = { next: null, total: 2, items: [letter('8'), letter('7')] }
        answers['POST /api/v1/staff/dead-letters/7/replay'] = { outcome: 'stored', sentence: '' }
        answers['POST /api/v1/staff/dead-letters/8/replay'] = { outcome: 'quarantined', sentence: '' }
        vi.stubGlobal('matchMedia', () => ({ matches: true, addEventListener: () => undefined, removeEventListener: () => undefined }))
        await open('/staff/dead-letters')
        await shows('Feil 8')
        await settled(() => element().querySelector<HTMLButtonElement>('.staff-rows button')!.click())
        expect(document.activeElement?.className).toContain('staff-detail')
        await press('Spill av alle 2 på nytt')
        await shows('2 spilt av, 1 lagret')
        const tried = asked.map(({ request }) => request).filter((request) => request.startsWith('POST'))
        expect(tried).toEqual(['POST /api/v1/staff/dead-letters/8/replay', 'POST /api/v1/staff/dead-letters/7/replay'])
    })
})
