import { act } from 'react'
import { createRoot, type Root } from 'react-dom/client'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { address } from '../api/client.ts'
import { staff_words } from '../words/load.ts'
import { App } from './app.tsx'
import { missing } from './health.tsx'
import { read_route } from './route.ts'

Object.assign(globalThis, { IS_REACT_ACT_ENVIRONMENT: true })

describe('addresses', () => {
    it('fill in the path and leave out what is not asked', () => {
        expect(address('/a/{id}/b', { id: 'x/y' }, { q: 'å 1', after: '', limit: 5 })).toBe('/a/x%2Fy/b?q=%C3%A5+1&limit=5')
    })
    it('are read as view, rest and query', () => {
        const route = read_route('/staff/dead-letters/7', '?q=reason:x')
        expect([route.view, route.rest, route.query.get('q')]).toEqual(['dead-letters', ['7'], 'reason:x'])
        expect(read_route('/staff', '').view).toBe('inbox')
    })
})

describe('the account of a source', () => {
    it('shows what is missing', () => {
        const source = { source: 'tts', received: 10, stored: 5, duplicate: 2, quarantined: 1, rejected: 1, in_flight: 1 }
        expect(missing(source)).toBe(0)
        expect(missing({ ...source, stored: 3 })).toBe(2)
    })
})

describe('the staff app', () => {
    const answers: Record<string, unknown> = {}
    const asked: Request[] = []
    let root: Root
    let stage: HTMLElement
    beforeEach(() => {
        history.replaceState(null, '', '/staff/dead-letters')
        vi.stubGlobal('fetch', async (url: string, init: RequestInit) => {
            asked.push(new Request(`http://x${url}`, init))
            const answer = answers[`${init.method} ${url.split('?')[0]}`]
            if (answer === undefined) return Response.json({ status: 401, detail: 'Logg inn.' }, { status: 401 })
            return Response.json(answer)
        })
        stage = document.body.appendChild(document.createElement('div'))
        root = createRoot(stage)
    })
    afterEach(async () => {
        await act(async () => root.unmount())
        stage.remove()
        asked.length = 0
        for (const key of Object.keys(answers)) delete answers[key]
        vi.unstubAllGlobals()
    })
    const open = async () => {
        const words = await staff_words('nb')
        await act(async () => root.render(<App words={words} />))
    }
    const settled = (check: () => void) => act(async () => vi.waitFor(check))

    it('asks for a password when nobody is signed in, and for the code when there is no account', async () => {
        answers['GET /api/v1/staff/setup'] = { needed: true }
        await open()
        await settled(() => expect(stage.textContent).toContain('Engangskode'))
        expect(stage.querySelector('input[type=password]')).not.toBeNull()
    })
    it('shows a dead letter and replays it with the CSRF token', async () => {
        answers['GET /api/v1/staff/session'] = { name: 'Kari', csrf_token: 'abc', expires: '2026-07-05T12:00:00Z' }
        answers['GET /api/v1/staff/dead-letters'] = {
            next: null,
            total: 1,
            items: [{ id: '7', time: '2026-07-05T12:00:00Z', source: 'chirpstack', reason: 'codec_failed', sentence: 'Kodeken feilet', field: null, device: null, payload: '{}', payload_encoding: 'text', payload_bytes: 2, state: 'waiting' }],
        }
        answers['POST /api/v1/staff/dead-letters/7/replay'] = { outcome: 'stored', sentence: 'To målinger.' }
        await open()
        await settled(() => expect(stage.textContent).toContain('Kodeken feilet'))
        await act(async () => stage.querySelector<HTMLButtonElement>('.staff-rows button')!.click())
        expect(location.pathname).toBe('/staff/dead-letters/7')
        const replay = [...stage.querySelectorAll('button')].find((button) => button.textContent === 'Spill av på nytt')!
        await act(async () => replay.click())
        await settled(() => expect(stage.textContent).toContain('Spilt av: lagret. To målinger.'))
        expect(asked.find((request) => request.method === 'POST')!.headers.get('X-CSRF-Token')).toBe('abc')
    })
})
