/// Places and datastreams for the specimens that can be made, changed and taken away, as the program answers, so that the errands of
/// staff can be done without one.
import type { components } from '../src/api/schema.ts'
import { take_away } from './staff_examples.ts'

type Schemas = components['schemas']
type Place = Schemas['StaffPlace']
type Datastream = Schemas['StaffDatastream']

export interface Answer {
    status: number
    body?: unknown
}

const ago = (minutes: number) => new Date(Date.now() - minutes * 60_000).toISOString()
const place = (slug: string, nb: string, devices: Place['devices'], datastreams: string[]): [string, Place] => [
    slug,
    {
        slug,
        kind: 'bathing',
        season: { kind: 'summer', first: '05-15', last: '09-15' },
        name: { nb, nn: '', en: '' },
        description: { nb: 'Tjern i Bragernesmarka med brygge og badeplass.', nn: '', en: '' },
        longitude: 10.196,
        latitude: 59.762,
        approximate: true,
        area: 'Bragernesåsen',
        published: true,
        datastreams: datastreams.map((id) => shown(streams.get(id)!)),
        devices,
        url: `/bading/${slug}`,
    },
]
const datastream = (id: string, name: string, property: string | null, unit: string | null, more: Partial<Datastream>): [string, Datastream] => [
    id,
    { id, name, description: '', property, unit, access: 'internal', simulated: false, thing: name.split(':')[0]!, places: [], keys: [], result_type: property === null ? 'json' : 'number', readings: 12_431, newest: ago(12), ...more },
]
const streams = new Map<string, Datastream>([
    datastream('1', 'Landfalltjern vann: water_temperature', 'water_temperature', 'Cel', { access: 'public', simulated: true, places: ['landfalltjern'], keys: ['a84041000181c001/probe'] }),
    datastream('2', 'Landfalltjern vann: battery_voltage', 'battery_voltage', 'V', { places: ['landfalltjern'] }),
    datastream('3', 'Vannmåler Fjellsvingen 4', 'water_consumption', 'm3', { access: 'restricted', keys: ['wmbus/12345678'] }),
    datastream('4', 'Værmast', null, null, { thing: 'Værmast Konnerud', readings: 0, newest: null }),
])
const places = new Map<string, Place>([place('landfalltjern', 'Landfalltjern', [{ dev_eui: 'a8404100000003f4', name: 'Landfalltjern vann' }], ['1', '2']), place('sota-fjordpark', 'Sota fjordpark', [], [])])

function shown({ id, name, property, unit, access }: Datastream): Place['datastreams'][number] {
    return { id, name, property: property ?? '', unit: unit ?? '', access }
}
const refused = (status: number, detail: string): Answer => ({ status, body: { type: '/problems/conflict', title: '', status, detail, instance: 'x' } })

function put_place(slug: string, body: Schemas['NewPlace']): Answer {
    const { datastreams, approximate = false, area = '', published = false, ...rest } = body
    const url = body.kind === 'bathing' || body.kind === 'ski' ? `/bading/${slug}` : null
    const made: Place = { ...rest, slug, approximate, area, published, datastreams: datastreams.map((id) => shown(streams.get(id)!)), devices: places.get(slug)?.devices ?? [], url }
    places.set(slug, made)
    return { status: 200, body: made }
}

function of_place(method: string, slug: string, body: unknown): Answer {
    if (method === 'PUT') return put_place(slug, body as Schemas['NewPlace'])
    const one = places.get(slug)
    if (!one) return refused(404, 'Stedet finnes ikke.')
    if (method === 'GET') return { status: 200, body: { ...one, datastreams: one.datastreams.map(({ id }) => shown(streams.get(id)!)) } }
    if (one.devices.length > 0) return refused(409, 'Det står enheter her. Flytt dem først.')
    places.delete(slug)
    return { status: 204 }
}

function of_datastream(method: string, id: string, body: unknown): Answer {
    const one = streams.get(id)
    if (!one) return refused(404, 'Datastrømmen finnes ikke.')
    if (method === 'PUT') streams.set(id, { ...one, ...(body as Schemas['DatastreamChange']) })
    return { status: 200, body: streams.get(id) }
}

/// Nothing when it is none of its business. `path` begins after /api/v1/staff/.
export function staff_town(method: string, path: string, query: URLSearchParams, body: unknown): Answer | undefined {
    const [what, id] = path.split('/')
    if (method === 'DELETE' && id && ['devices', 'profiles', 'codecs'].includes(what!)) {
        const why = take_away(path)
        return why ? refused(409, why) : { status: 204 }
    }
    if (what === 'places' && id) return of_place(method, id, body)
    if (what === 'datastreams' && id) return of_datastream(method, id, body)
    if (what === 'places') {
        return { status: 200, body: { items: [...places.values()].map(({ slug, name, kind, published }) => ({ slug, name: name.nb, kind, published })) } }
    }
    if (what !== 'datastreams') return undefined
    const words = (query.get('q') ?? '').toLowerCase().split(/\s+/)
    const items = [...streams.values()].filter((one) => words.every((word) => JSON.stringify(one).toLowerCase().includes(word)))
    return { status: 200, body: { items, next: null, total: items.length } }
}
