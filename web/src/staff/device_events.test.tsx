import { beforeEach, describe, expect, it } from 'vitest'
import type { Schemas } from '../api/client.ts'
import { Format } from '../words/format.ts'
import { staff_words } from '../words/load.ts'
import { event_sentence, power_text } from './device_events.tsx'
import { session, use_stage } from './stage.tsx'

type DeviceEvent = Schemas['DeviceEvent']

const nothing: Omit<DeviceEvent, 'kind' | 'time'> = {
    battery_percent: null, external_power: null, margin_db: null, level: null, code: null, description: null, acknowledged: null, gateway: null, latitude: null, longitude: null, dev_addr: null,
}
const event = (kind: DeviceEvent['kind'], told: Partial<DeviceEvent> = {}): DeviceEvent => ({ ...nothing, kind, time: '2026-07-05T12:00:00Z', ...told })

describe('what a network server tells of a device', () => {
    const said = async (it: DeviceEvent, language: 'nb' | 'nn' | 'en' = 'nb') => {
        const words = await staff_words(language)
        return event_sentence(words, new Format(words), it).replaceAll('\u00A0', ' ')
    }
    it('is said of the battery as it was answered', async () => {
        expect(await said(event('status', { battery_percent: 57.48, external_power: false, margin_db: 9 }))).toBe('Batteriet har 57 %. Mottaket har 9 dB å gå på.')
        expect(await said(event('status', { battery_percent: 0.39, external_power: false, margin_db: -7 }))).toBe('Batteriet har under 1 %. Mottaket er 7 dB for svakt.')
        expect(await said(event('status', { external_power: true, margin_db: 0 }))).toBe('Enheten får strøm fra nettet. Mottaket har 0 dB å gå på.')
        expect(await said(event('status', { external_power: false }))).toBe('Enheten kunne ikke måle batteriet.')
        expect(await said(event('status', { battery_percent: 100, external_power: false }), 'en')).toBe('The battery has 100 %.')
    })
    it('is said in plain words where the code is known, and as it came where it is not', async () => {
        expect(await said(event('log', { level: 'error', code: 'UPLINK_F_CNT_RESET', description: 'Frame-counter reset' }))).toBe('Nettverksserveren meldte: Enheten teller meldingene sine fra begynnelsen igjen.')
        expect(await said(event('log', { code: 'downlink_failed:application_downlink', description: 'no gateway' }), 'nn')).toBe('Nettverkstenaren melde: Ei melding til eininga kunne ikkje sendast.')
        expect(await said(event('log', { code: 'SOMETHING_NEW', description: 'what it says' }))).toBe('Nettverksserveren meldte: what it says')
        expect(await said(event('log', { code: '99' }))).toBe('Nettverksserveren meldte: 99')
        expect(await said(event('log'))).toBe('Nettverksserveren meldte: –')
    })
    it('is said of joins, downlinks and places, also when members are missing', async () => {
        expect(await said(event('join', { dev_addr: '2601a4f0' }))).toBe('Enheten meldte seg inn i nettverket og fikk adressen 2601a4f0.')
        expect(await said(event('join'))).toBe('Enheten meldte seg inn i nettverket.')
        expect(await said(event('ack', { acknowledged: true }))).toBe('Enheten svarte på det som ble sendt til den.')
        expect(await said(event('ack', { acknowledged: false }))).toBe('Enheten svarte ikke på det som ble sendt til den.')
        expect(await said(event('txack', { gateway: '7276ff002e0a1002' }))).toBe('Gatewayen 7276ff002e0a1002 sendte en melding til enheten.')
        expect(await said(event('txack'))).toBe('En gateway sendte en melding til enheten.')
        expect(await said(event('location', { latitude: 59.7525, longitude: 10.2075 }))).toBe('Nettverket fant enheten på breddegrad 59,75250, lengdegrad 10,20750.')
        for (const [language, sentence] of [['nb', 'Nettverket fant enheten, men sa ikke hvor.'], ['nn', 'Nettverket fann eininga, men sa ikkje kvar.'], ['en', 'The network found the device, but did not say where.']] as const) {
            expect(await said(event('location'), language)).toBe(sentence)
            expect(await said(event('location', { latitude: 59.7525 }), language)).toBe(sentence)
        }
        expect(await said(event('service', { code: 'loracloud' }))).toBe('Tjenesten loracloud meldte noe om enheten.')
    })
    it('is not known in a language by its key', async () => {
        const codes = ['downlink_payload_size', 'uplink_codec', 'downlink_codec', 'otaa', 'uplink_mic', 'downlink_gateway', 'relay_new_end_device', 'f_cnt_down', 'expired', 'downlink_queued', 'downlink_queue_invalidated']
        for (const language of ['nb', 'nn', 'en'] as const)
            for (const code of codes) expect(await said(event('log', { code: code.toUpperCase() }), language)).not.toMatch(/\[|_/)
    })
    it('stands at the head with its age', async () => {
        const words = await staff_words('nb')
        const head = (power: Omit<Schemas['DevicePower'], 'time'>) => power_text(words, new Format(words), { time: new Date(Date.now() - 3 * 3600_000).toISOString(), ...power }).replaceAll('\u00A0', ' ')
        expect(head({ battery_percent: 57.5, external_power: false })).toBe('58 %, meldt for 3 timer siden')
        expect(head({ battery_percent: null, external_power: true })).toBe('Strøm fra nettet, meldt for 3 timer siden')
        expect(head({ battery_percent: null, external_power: false })).toBe('Kunne ikke måles, meldt for 3 timer siden')
    })
})

describe('the page of a device', () => {
    const { answers, element, open, press, shows } = use_stage()
    const api = '/api/v1/staff'
    const dev_eui = '70b3d57ed0065a1f'
    const device = { dev_eui, name: 'Badevakt 1', profile: 'bath', place: null, place_name: '', last_seen: null, frames: 0, battery_volt: 3.61, state: 'ok' }
    const told = (last_events: DeviceEvent[], power: Schemas['DevicePower'] | null = null) => (answers[`GET ${api}/devices/${dev_eui}`] = { ...device, datastreams: [], last_frames: [], power, last_events })
    beforeEach(() => {
        answers[`GET ${api}/session`] = session
        answers[`GET ${api}/places`] = { items: [] }
        answers[`GET ${api}/devices`] = { items: [device], next: null, total: 1 }
    })
    it('says what will stand there when nothing has been told', async () => {
        told([])
        await open(`/staff/devices/${dev_eui}`)
        await shows('Nettverket har ikke meldt noe om enheten ennå.')
        expect(element().querySelector('.staff-facts')!.textContent).toContain('Batteri3,61')
    })
    it('shows the battery at its head and the newest ten, and the others when asked', async () => {
        const statuses = Array.from({ length: 12 }, (_, i) => event('status', { battery_percent: 60 - i, external_power: false }))
        told([event('log', { level: 'error', code: 'UPLINK_CODEC', description: 'x is undefined' }), ...statuses], { time: '2026-07-05T12:00:00Z', battery_percent: 60, external_power: false })
        await open(`/staff/devices/${dev_eui}`)
        await shows('UPLINK_CODEC: x is undefined')
        const text = () => element().querySelector('.staff-detail')!.textContent!.replaceAll('\u00A0', ' ')
        expect(text()).toMatch(/Batteri60 %, meldt .* · 3,61 V/)
        expect(text()).toContain('Batteriet har 52 %.')
        expect(text()).not.toContain('Batteriet har 51 %.')
        await press('Vis flere')
        expect(text()).toContain('Batteriet har 49 %.')
        expect(document.activeElement!.textContent!.replaceAll('\u00A0', ' ')).toContain('Batteriet har 51 %.')
        expect([...element().querySelectorAll('button')].some(({ textContent }) => textContent === 'Vis flere')).toBe(false)
    })
})
