import { beforeEach, describe, expect, it } from 'vitest'
import { No, session, use_stage } from './stage.tsx'

const { answers, asked, element, open, press, settled, shows } = use_stage()

const api = '/api/v1/staff'
const dev_eui = '70b3d57ed0065a1f'
const device = { dev_eui, name: 'Badevakt 1', profile: 'bath', place: null, place_name: '', last_seen: null, frames: 0, battery_volt: null, state: 'ok' }
const codec = { id: 'bath', name: 'Bad', version: 2, saved: '2026-07-05T12:00:00Z', profiles: 1, decoded: 3, failed: 0 }
const profile = { id: 'bath', name: 'Badeføler', codec: 'bath', interval_seconds: 60, fields: [], devices: 1 }
const removals = () => asked.map(({ request }) => request).filter((request) => request.startsWith('DELETE'))

/// The button that says yes in the dialog: the other of the two with that name.
const sure = async (label: string) => {
    await press(label)
    expect(removals()).toEqual([])
    const [, yes] = [...element().querySelectorAll<HTMLButtonElement>('button')].filter(({ textContent }) => textContent === label)
    await settled(() => yes!.click())
}

beforeEach(() => {
    answers[`GET ${api}/session`] = session
    answers[`GET ${api}/places`] = { items: [] }
    answers[`GET ${api}/inbox`] = { items: [], next: null, total: 0 }
    answers[`GET ${api}/devices`] = { items: [device], next: null, total: 1 }
    answers[`GET ${api}/devices/${dev_eui}`] = { ...device, datastreams: [], power: null, last_frames: [], last_events: [] }
    answers[`GET ${api}/codecs`] = { items: [codec] }
    answers[`GET ${api}/codecs/bath`] = { ...codec, script: '' }
    answers[`GET ${api}/profiles`] = { items: [profile] }
})

describe('what is no longer used', () => {
    it('a device is retired after a question that says what stays', async () => {
        answers[`DELETE ${api}/devices/${dev_eui}`] = {}
        await open(`/staff/devices/${dev_eui}`)
        await shows('Målingene og historikken blir stående.')
        await sure('Ta ut av bruk')
        await shows('Badevakt 1 er tatt ut av bruk.')
        expect(location.pathname).toBe('/staff/devices')
        expect(removals()).toEqual([`DELETE ${api}/devices/${dev_eui}`])
    })
    it('a codec is taken away', async () => {
        answers[`DELETE ${api}/codecs/bath`] = {}
        await open('/staff/codecs/bath')
        await shows('Ta bort dekoderen')
        await sure('Ta bort dekoderen')
        await shows('Bad er borte.')
        expect(location.pathname).toBe('/staff/codecs')
    })
    it('a profile that is used stays, and the sentence says by what', async () => {
        answers[`DELETE ${api}/profiles/bath`] = new No(409, 'Profilen brukes av Badevakt 1. Ta dem ut av bruk først.')
        await open('/staff/profiles/bath')
        await shows('Ta bort profilen')
        await sure('Ta bort profilen')
        await shows('Profilen brukes av Badevakt 1.')
        expect(location.pathname).toBe('/staff/profiles/bath')
    })
})
