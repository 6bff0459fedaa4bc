import { beforeEach, describe, expect, it } from 'vitest'
import type { Schemas } from '../api/client.ts'
import { session, use_stage } from './stage.tsx'

const { answers, asked, element, open, press, settled, shows, write } = use_stage()

const api = '/api/v1/staff/datastreams'
const room: Schemas['StaffDatastream'] = {
    id: '7', name: 'room', description: '', property: 'temperature', unit: '', access: 'internal', simulated: false, thing: 'room', places: ['badehuset'], keys: ['room/temperature'], result_type: 'number', readings: 1234, newest: null,
}
const put = () => asked.find(({ request }) => request.startsWith('PUT'))
const choose = (access: Schemas['Access']) => settled(() => element().querySelector<HTMLInputElement>(`input[value=${access}]`)!.click())

beforeEach(() => {
    answers['GET /api/v1/staff/session'] = session
    answers[`GET ${api}`] = { items: [room], next: 'x', total: 300 }
    answers[`GET ${api}/7`] = room
    answers[`PUT ${api}/7`] = { ...room, access: 'public' }
})

describe('a datastream', () => {
    it('is described without a question', async () => {
        await open('/staff/datastreams/7')
        await shows('room/temperature')
        await write('input[name=name]', ' Kontoret ')
        await write('input[name=unit]', 'Cel')
        await press('Lagre')
        await settled(() => expect(put()?.body).toEqual({ name: 'Kontoret', description: '', property: 'temperature', unit: 'Cel', access: 'internal' }))
        await shows('Lagret.')
    })
    it('is opened only when somebody has read what happens', async () => {
        await open('/staff/datastreams/7')
        await shows('room/temperature')
        await choose('public')
        await press('Lagre')
        await shows('alle 1\u00A0234 målinger')
        expect(element().querySelector('dialog')!.textContent).toContain('badehuset')
        expect(put()).toBeUndefined()
        await press('Åpne for alle')
        await settled(() => expect(put()?.body).toMatchObject({ access: 'public' }))
        expect(element().querySelector('dialog')!.open).toBe(false)
    })
    it('that is closed says what cannot be called back', async () => {
        answers[`GET ${api}/7`] = { ...room, access: 'public' }
        await open('/staff/datastreams/7')
        await shows('room/temperature')
        await choose('internal')
        await shows('kan ikke kalles tilbake')
        await press('Lagre')
        await settled(() => expect(put()?.body).toMatchObject({ access: 'internal' }))
    })
    it('of several values keeps the meaning of each', async () => {
        answers[`GET ${api}/7`] = { ...room, property: null, unit: null, result_type: 'json' }
        await open('/staff/datastreams/7')
        await shows('Hver måling har flere verdier')
        await press('Lagre')
        await settled(() => expect(put()?.body).toMatchObject({ property: null, unit: null }))
    })
})

describe('the list of datastreams', () => {
    it('goes on, and begins anew when something is searched for', async () => {
        await open('/staff/datastreams?q=room')
        await shows('1 av 300')
        await press('Neste side')
        expect(location.search).toBe('?q=room&after=x')
        await shows('Første side')
        await write('input[type=search]', 'vann')
        expect(location.search).toBe('?q=vann')
    })
})
