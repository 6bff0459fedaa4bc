/// Answers of the staff API, typed by the contract, for looking at the staff pages without a program behind them.
import type { components } from '../src/api/schema.ts'

type Schemas = components['schemas']
const ago = (minutes: number) => new Date(Date.now() - minutes * 60_000).toISOString()
const frame = (minutes: number, f_cnt: number, hex: string, outcome: Schemas['Frame']['outcome'] = 'stored'): Schemas['Frame'] => ({
    time: ago(minutes),
    f_cnt,
    f_port: 2,
    payload_hex: hex,
    gateways: 2,
    rssi: -97,
    snr: 7.5,
    outcome,
    ...(outcome === 'quarantined' ? { detail: 'Samme rammenummer, annet innhold.' } : {}),
    decoded: { water: 19.4, battery: 3.61 },
})
const event = (minutes: number, kind: Schemas['DeviceEvent']['kind'], told: Partial<Schemas['DeviceEvent']> = {}): Schemas['DeviceEvent'] => ({
    kind,
    time: ago(minutes),
    battery_percent: null,
    external_power: null,
    margin_db: null,
    level: null,
    code: null,
    description: null,
    acknowledged: null,
    gateway: null,
    latitude: null,
    longitude: null,
    dev_addr: null,
    ...told,
})
const day = 24 * 60
const events: Schemas['DeviceEvent'][] = [
    event(95, 'status', { battery_percent: 57.5, external_power: false, margin_db: 9 }),
    event(150, 'log', { level: 'error', code: 'UPLINK_CODEC', description: 'JS error: TypeError: cannot read property of undefined' }),
    event(260, 'ack', { acknowledged: true }),
    event(261, 'txack', { gateway: '7276ff002e0a1002' }),
    event(400, 'log', { level: 'warning', code: 'UPLINK_F_CNT_RETRANSMISSION', description: 'Uplink was flagged as re-transmission / frame-counter did not increment' }),
    event(day + 95, 'status', { external_power: true, margin_db: -3 }),
    event(2 * day, 'location', { latitude: 59.7525, longitude: 10.2075, code: 'loracloud' }),
    event(2 * day + 95, 'status', { external_power: false, margin_db: 12 }),
    event(3 * day, 'service', { code: 'loracloud' }),
    event(3 * day + 95, 'status', { battery_percent: 0.39, external_power: false, margin_db: 7 }),
    event(4 * day, 'ack', { acknowledged: false }),
    event(30 * day, 'join', { dev_addr: '2601a4f0' }),
]
const session: Schemas['Session'] = { name: 'Kari Nordmann', csrf_token: 'x', expires: ago(-600) }
const unknown: Schemas['UnknownDevice'][] = ['70b3d57ed0065a1f', '70b3d57ed0065a20'].map((dev_eui, i) => ({
    dev_eui,
    name_hint: i === 0 ? 'sota-vann-2' : '',
    profile_hint: 'LSN50 v2',
    source: 'chirpstack',
    first_seen: ago(2000),
    last_seen: ago(12 + i),
    frames: 41 - i * 40,
    last_frame: frame(12, 41, '0cb70794010001'),
}))
const device = (name: string, place: string, state: Schemas['Device']['state'], minutes: number): Schemas['Device'] => ({
    dev_eui: `a84041000000${(1000 + minutes).toString(16).padStart(4, '0')}`,
    name,
    profile: 'lsn50',
    place: place.toLowerCase() || null,
    place_name: place,
    last_seen: ago(minutes),
    frames: 1200,
    battery_volt: 3.61,
    state,
})
const devices = [device('Landfalltjern vann', 'Landfalltjern', 'ok', 12), device('Blektjern vann', 'Blektjern', 'silent', 3000), device('Stordammen luft', '', 'faulty', 55)]
const profiles: Schemas['Profile'][] = [
    { id: 'lsn50', name: 'Dragino LSN50', codec: 'lsn50', interval_seconds: 3600, devices: 6, fields: [{ field: 'water', property: 'water_temperature', unit: 'Cel', scale: 1 }] },
]
const letters: Schemas['DeadLetter'][] = [
    ['codec_failed', 'Kodeken «lsn50» kastet en feil på linje 4.'],
    ['nothing_mapped', 'Feltet «temp» står ikke i profilen.'],
    ['malformed', 'Meldingen er ikke gyldig JSON.'],
].map(([reason = '', sentence = ''], i) => ({
    id: `01JZ${i}`,
    time: ago(30 + i * 90),
    source: i === 2 ? 'tts' : 'chirpstack',
    reason,
    sentence,
    field: i === 1 ? '/object/temp' : null,
    line: i === 0 ? 4 : null,
    device: 'a8404100000003f4',
    payload: '{"deviceInfo":{"devEui":"a8404100000003f4"},"fCnt":41,"fPort":2,"data":"DLcHlAEAAQ=="}',
    payload_encoding: 'text' as const,
    payload_bytes: i === 1 ? 6120 : 88,
    state: i === 2 ? ('replayed' as const) : ('waiting' as const),
}))
const codec: Schemas['CodecSource'] = {
    id: 'lsn50',
    name: 'Dragino LSN50',
    version: 3,
    saved: ago(9000),
    profiles: 1,
    decoded: 12_431,
    failed: 2,
    script: 'function decodeUplink(input) {\n  const b = input.bytes;\n  return { data: { water: ((b[0] << 8) | b[1]) / 100 } };\n}\n',
}
/// Used by nothing, so that they can be taken away.
const unused_codec = { ...codec, id: 'ubrukt', name: 'Ubrukt dekoder', profiles: 0 }
const unused_profile: Schemas['Profile'] = { ...profiles[0]!, id: 'ubrukt', name: 'Ubrukt profil', codec: 'ubrukt', devices: 0 }
const taken_away = new Set<string>()
const there = <T extends { id: string }>(what: string, items: T[]) => ({ items: items.filter(({ id }) => !taken_away.has(`${what}/${id}`)) })

/// What refuses to be taken away says why; the rest is gone.
export function take_away(path: string): string | undefined {
    if (path === 'codecs/lsn50') return 'Dekoderen brukes i profil: Dragino LSN50. Velg en annen dekoder der først.'
    if (path === 'profiles/lsn50') return 'Profilen brukes av Landfalltjern vann, Blektjern vann og 4 til. Ta dem ut av bruk først.'
    if (path === 'codecs/ubrukt' && !taken_away.has('profiles/ubrukt')) return 'Dekoderen brukes i profil: Ubrukt profil. Velg en annen dekoder der først.'
    taken_away.add(path)
    return undefined
}
const quality_rules: Schemas['QualityRule'][] = [
    {
        property: 'water_temperature', property_name: 'Vanntemperatur', unit: 'Cel', lowest: -5, highest: 40, jump: 3, per_hour: 2,
        stuck_after_s: 172_800, gap_after_s: 7200, stale_after_s: 21_600, late_after_s: 86_400, configured: false,
    },
    {
        property: 'e_coli', property_name: 'E. coli', unit: '{CFU}/(100.mL)', lowest: 0, highest: null, jump: null, per_hour: 0,
        stuck_after_s: null, gap_after_s: 2_592_000, stale_after_s: 2_592_000, late_after_s: 2_592_000, configured: true,
    },
]

const quality: Schemas['DatastreamQuality'][] = (['silent', 'doubtful', 'ok'] as const).map((state, i) => ({
    datastream: `${['blektjern', 'stordammen', 'landfalltjern'][i]}-water-temperature`,
    place: ['Blektjern', '', 'Landfalltjern'][i]!,
    thing: ['Blektjern vann', 'Stordammen luft', 'Landfalltjern vann'][i]!,
    property: 'water_temperature',
    property_name: 'Vanntemperatur',
    unit: 'Cel',
    public: true,
    newest: { value: 19.4, unit: 'Cel', time: ago([3000, 55, 12][i]!), age_seconds: 720, flags: [], usable: true, simulated: true, source: 'x' },
    expected_24h: 24,
    received_24h: [0, 22, 24][i]!,
    flagged_24h: i === 1 ? 3 : 0,
    flags: i === 1 ? { spike: 2, gap: 1 } : ({} as Record<string, number>),
    state,
}))
const tokens: Schemas['Token'][] = [
    { id: '1', name: 'ChirpStack', scopes: ['ingest'], created: ago(90_000), expires: null, last_used: ago(2), revoked: null },
    { id: '2', name: 'Gammel gateway', scopes: ['ingest'], created: ago(290_000), expires: null, last_used: null, revoked: ago(1000) },
]
const health: Schemas['Health'] = {
    status: 'warning',
    version: '0.1.0',
    started: ago(3000),
    checks: [
        { name: 'journal', status: 'ok', why: '', sentence: '' },
        { name: 'accessibility', status: 'warning', why: 'no_accessibility_statement', sentence: '' },
        { name: 'privacy', status: 'warning', why: 'no_privacy_contact', sentence: '' },
        { name: 'mqtt', status: 'warning', why: 'port_taken', sentence: 'listen on 127.0.0.1 port 1883: Address already in use' },
    ],
    sources: [{ source: 'chirpstack', received: 12_480, stored: 12_431, duplicate: 46, quarantined: 1, rejected: 2, damaged: 0, in_flight: 0 }],
}
const webhook: Schemas['Webhook'] = {
    id: 1,
    url: 'https://kart.example.org/bypuls/innkommende/temperaturer-fra-badeplasser',
    description: 'Kart og plan, ring Per',
    datastreams: [12],
    places: ['landfalltjern', 'blektjern'],
    active: true,
    created: ago(9000),
    waiting: 1,
    dead: 2,
    refused: 0,
}
const deliveries = [
    { event: '4113-12-1795656843000000', time: ago(2), status: 204, received: true, reason: null, fault: '' },
    { event: '4102-12-1795653243000000', time: ago(61), status: 500, received: false, reason: 'answered', fault: 'the target answered 500' },
    { event: '4090-12-1795649643000000', time: ago(122), status: null, received: false, reason: 'timed_out', fault: 'no answer within 15 s' },
]
const given_up = [1, 2].map((id) => ({ id, event: `390${id}-12-1795549643000000`, created: ago(3000 + id), attempts: 16, reason: 'answered', status: 500, fault: 'the target answered 500' }))
const page = <T>(items: T[]) => ({ items, next: null, total: items.length })

export function staff_examples(request: string): unknown {
    const answers: Record<string, unknown> = {
        'GET setup': { needed: false },
        'GET session': session,
        'POST session': session,
        'GET inbox': page(unknown),
        'GET profiles': there('profiles', [...profiles, unused_profile]),
        'GET devices': page(devices),
        'GET dead-letters': page(letters),
        'POST dead-letters/01JZ0/replay': { outcome: 'stored', sentence: 'To målinger.' },
        'GET codecs': there('codecs', [codec, unused_codec]),
        'GET codecs/lsn50': codec,
        'GET codecs/ubrukt': unused_codec,
        'POST codecs/try': { ok: false, microseconds: 84, fault: { kind: 'thrown', sentence: 'b is undefined', line: 3 } },
        'GET quality': page(quality),
        'GET quality-rules': { items: quality_rules },
        'GET tokens': { items: tokens },
        'POST tokens': { ...tokens[0], secret: 'bypuls_4f1c9d7a_EXAMPLE' },
        'GET health': health,
        'GET webhooks': { items: [webhook] },
        'GET webhooks/1/deliveries': { items: deliveries },
        'GET webhooks/1/dead-letters': { items: given_up },
        'POST webhooks/dead-letters/1/retry': {},
    }
    if (request.startsWith('PUT devices/')) return devices[0]
    if (request.startsWith('GET devices/')) {
        const frames = [frame(12, 41, '0cb70794010001'), frame(72, 40, '0cb60790010001', 'duplicate'), frame(132, 39, '0cb6ffff010001', 'quarantined')]
        const told = request.endsWith(devices[2]!.dev_eui) ? { power: null, last_events: [] } : { power: { time: events[0]!.time, battery_percent: 57.5, external_power: false }, last_events: events }
        return { ...devices[0], datastreams: [{ id: 'landfalltjern-water-temperature', property: 'water_temperature', unit: 'Cel', public: true }], last_frames: frames, ...told }
    }
    return answers[request]
}
