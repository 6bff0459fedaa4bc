import { beforeEach, describe, expect, it } from 'vitest'
import type { Schemas } from '../api/client.ts'
import { No, session, use_stage } from './stage.tsx'

const { answers, asked, element, open, press, settled, shows, write } = use_stage()

const api = '/api/v1/staff'
const stream = (id: string, name: string, access: Schemas['Access']): Schemas['StaffDatastream'] => ({
    id, name, description: '', property: 'water_temperature', unit: 'Cel', access, simulated: false, thing: 'Måler', places: [], keys: [], result_type: 'number', readings: 3, newest: null,
})
const [water, air, battery] = [stream('1', 'Vann', 'public'), stream('2', 'Luft', 'public'), stream('3', 'Batteri', 'internal')]
const tjern: Schemas['StaffPlace'] = {
    slug: 'ovre-tjern',
    kind: 'bathing',
    season: { kind: 'summer', first: '05-15', last: '09-15' },
    name: { nb: 'Øvre tjern', nn: '', en: '' },
    description: { nb: '', nn: '', en: '' },
    latitude: 59.7,
    longitude: 10.2,
    approximate: false,
    area: '',
    published: true,
    datastreams: [water, air, battery].map(({ id, name, access }) => ({ id, name, property: 'water_temperature', unit: 'Cel', access })),
    devices: [],
    url: '/bading/ovre-tjern',
}
const names = () => [...element().querySelectorAll('.staff-order > li')].map((entry) => entry.querySelector('span')?.textContent)
const put = () => asked.find(({ request }) => request.startsWith('PUT'))

beforeEach(() => {
    answers[`GET ${api}/session`] = session
    answers[`GET ${api}/places`] = { items: [] }
    answers[`GET ${api}/devices`] = { items: [], next: null, total: 0 }
    answers[`GET ${api}/datastreams`] = { items: [water, air, battery], next: null, total: 3 }
    answers[`GET ${api}/places/ovre-tjern`] = tjern
})

describe('a town without places', () => {
    it('is told what to do first', async () => {
        await open('/staff/places')
        await shows('Slik kommer dere i gang')
        expect(element().querySelectorAll('.staff-empty li')).toHaveLength(3)
    })
    it('is told in the inbox too', async () => {
        answers[`GET ${api}/inbox`] = { items: [], next: null, total: 0 }
        await open('/staff/inbox')
        await shows('Slik kommer dere i gang')
    })
    it('that has devices is not told', async () => {
        answers[`GET ${api}/devices`] = { items: [], next: null, total: 4 }
        await open('/staff/places')
        await shows('Ingen steder ennå')
        await settled(() => expect(asked.some(({ request }) => request.endsWith('/devices'))).toBe(true))
        expect(element().textContent).not.toContain('Slik kommer dere i gang')
    })
})

describe('a new place', () => {
    const fill_in = async () => {
        await open('/staff/places/new')
        await shows('Navn på bokmål')
        await write('input[name=name]', 'Øvre tjern')
        await write('input[name=latitude]', '59,7')
        await write('input[name=longitude]', '10.2')
    }
    it('takes its address from its name and is kept', async () => {
        await fill_in()
        expect(element().querySelector<HTMLInputElement>('input[name=slug]')!.value).toBe('ovre-tjern')
        answers[`GET ${api}/places/ovre-tjern`] = new No(404, 'Finnes ikke.')
        answers[`PUT ${api}/places/ovre-tjern`] = tjern
        await press('Legg til Vann')
        await press('Lagre')
        await settled(() => expect(location.pathname).toBe('/staff/places/ovre-tjern'))
        expect(put()!.body).toEqual({
            kind: 'bathing',
            season: { kind: 'summer', first: '05-15', last: '09-15' },
            name: { nb: 'Øvre tjern', nn: '', en: '' },
            description: { nb: '', nn: '', en: '' },
            latitude: 59.7,
            longitude: 10.2,
            approximate: false,
            area: '',
            published: false,
            datastreams: ['1'],
        })
    })
    it('is not written over one that is there', async () => {
        await fill_in()
        await press('Lagre')
        await shows('Det finnes alt et sted med denne adressen')
        expect(put()).toBeUndefined()
    })
    it('says what is wrong with its position', async () => {
        await fill_in()
        await write('input[name=latitude]', '6630000')
        await press('Lagre')
        await shows('Breddegraden må være et tall fra −90 til 90')
        await write('input[name=latitude]', '10,2')
        await write('input[name=longitude]', '59,7')
        await shows('Er bredde og lengde byttet om?')
        expect(put()).toBeUndefined()
    })
})

describe('what a place shows', () => {
    beforeEach(async () => {
        await open('/staff/places/ovre-tjern')
        await settled(() => expect(names()).toEqual(['Vann', 'Luft', 'Batteri']))
    })
    it('is moved by buttons, which keep the focus', async () => {
        await press('Flytt Luft opp')
        expect(names()).toEqual(['Luft', 'Vann', 'Batteri'])
        expect(document.activeElement?.getAttribute('aria-label')).toBe('Flytt Luft ned')
        await press('Flytt Luft ned')
        expect(names()).toEqual(['Vann', 'Luft', 'Batteri'])
        expect(document.activeElement?.getAttribute('aria-label')).toBe('Flytt Luft ned')
        await shows('Luft er nå nummer 2 av 3.')
    })
    it('is taken off and put on again, last', async () => {
        await press('Ta bort Vann fra siden')
        expect(names()).toEqual(['Luft', 'Batteri'])
        await press('Legg til Vann')
        expect(names()).toEqual(['Luft', 'Batteri', 'Vann'])
    })
    it('is warned of where residents do not see it', () => {
        const warned = [...element().querySelectorAll('.staff-order > li')].map((entry) => entry.textContent?.includes('Innbyggerne ser den ikke'))
        expect(warned).toEqual([false, false, true])
    })
    it('is seen anew when somebody has opened it in another tab', async () => {
        answers[`GET ${api}/datastreams/3`] = { ...battery, access: 'public' }
        await settled(() => void document.dispatchEvent(new Event('visibilitychange')))
        await settled(() => expect(element().textContent).not.toContain('Innbyggerne ser den ikke'))
    })
})

describe('a place that is taken away', () => {
    it('stays, with the reason, where devices stand', async () => {
        answers[`DELETE ${api}/places/ovre-tjern`] = new No(409, 'Det står enheter her.')
        await open('/staff/places/ovre-tjern')
        await shows('Siden for innbyggerne')
        await press('Ta bort stedet')
        const [, sure] = [...element().querySelectorAll<HTMLButtonElement>('button')].filter(({ textContent }) => textContent === 'Ta bort stedet')
        await settled(() => sure!.click())
        await shows('Det står enheter her.')
        expect(location.pathname).toBe('/staff/places/ovre-tjern')
    })
})

describe('a device', () => {
    it('is adopted at none of the places', async () => {
        answers[`GET ${api}/inbox`] = { items: [{ dev_eui: '70b3d57ed0065a1f', name_hint: 'Måler', profile_hint: '', source: 'x', first_seen: '2026-07-05T12:00:00Z', last_seen: '2026-07-05T12:00:00Z', frames: 1 }], next: null, total: 1 }
        answers[`GET ${api}/profiles`] = { items: [{ id: 'lsn50', name: 'LSN50', codec: null, interval_seconds: 60, fields: [], devices: 0 }] }
        answers[`POST ${api}/inbox/70b3d57ed0065a1f/adopt`] = {}
        await open('/staff/inbox/70b3d57ed0065a1f')
        await shows('Det finnes ingen steder ennå.')
        await write('select[name=profile]', 'lsn50')
        await press('Ta i bruk')
        await settled(() => expect(asked.find(({ request }) => request.endsWith('/adopt'))?.body).toEqual({ name: 'Måler', profile: 'lsn50', place: null, public: false }))
    })
})
