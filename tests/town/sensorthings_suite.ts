/// What OGC's suite for 1.0 (ets-sta10) asks on its levels 1 and 3, of the running program at /sta/v1.0/: every kind of entity with
/// its properties, relations and paths, and every query option by itself, over the same small world that the suite makes. Level 2 is
/// in tests/conformance, with the suite's bodies.
import { strict as assert } from 'node:assert'
import { folder, remove, Report, start } from './town.ts'

const report = new Report('town_sensorthings_suite')
const data = folder()
const town = await start(['serve', '--data', data, '--listen', '127.0.0.1:0', '--anonymous-writes'])
const root = `${town.url}/sta/v1.0`

interface Kind { set: string; properties: string[]; relations: string[] }
const kinds: Kind[] = [
    { set: 'Things', properties: ['name', 'description'], relations: ['Datastreams', 'Locations', 'HistoricalLocations'] },
    { set: 'Locations', properties: ['name', 'description', 'encodingType', 'location'], relations: ['Things', 'HistoricalLocations'] },
    { set: 'HistoricalLocations', properties: ['time'], relations: ['Thing', 'Locations'] },
    { set: 'Datastreams', properties: ['name', 'description', 'unitOfMeasurement', 'observationType'], relations: ['Thing', 'Sensor', 'ObservedProperty', 'Observations'] },
    { set: 'Sensors', properties: ['name', 'description', 'encodingType', 'metadata'], relations: ['Datastreams'] },
    { set: 'ObservedProperties', properties: ['name', 'definition', 'description'], relations: ['Datastreams'] },
    { set: 'Observations', properties: ['phenomenonTime', 'result', 'resultTime'], relations: ['Datastream', 'FeatureOfInterest'] },
    { set: 'FeaturesOfInterest', properties: ['name', 'description', 'encodingType', 'feature'], relations: ['Observations'] },
]
const singles: Record<string, string> = { Thing: 'Things', Sensor: 'Sensors', ObservedProperty: 'ObservedProperties', Datastream: 'Datastreams', FeatureOfInterest: 'FeaturesOfInterest' }
const kind_of = (name: string): Kind => kinds.find((kind) => kind.set === (singles[name] ?? name))!
const objects = new Set(['location', 'feature', 'unitOfMeasurement'])

type Entity = Record<string, unknown> & { '@iot.id': number }
interface Page { value: Entity[]; '@iot.count'?: number; '@iot.nextLink'?: string }
async function answer(path: string, status = 200): Promise<string> {
    const response = await fetch(path.startsWith('http') ? path : `${root}/${path}`)
    const text = await response.text()
    assert.equal(response.status, status, `${path}: ${text}`)
    return text
}
const get = async (path: string): Promise<Page> => JSON.parse(await answer(path)) as Page
async function post(path: string, body: unknown): Promise<string> {
    const response = await fetch(`${root}/${path}`, { method: 'POST', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify(body) })
    assert.equal(response.status, 201, await response.text())
    return response.headers.get('Location')!.slice(root.length + 1)
}

// The suite's world: two things that each moved once, two datastreams each, three observations in each datastream.
const place = (name: string, at: [number, number]) => ({
    name, description: name, encodingType: 'application/vnd.geo+json', location: { type: 'Point', coordinates: at },
})
let seen = 0
const stream = (number: number, property: object) => ({
    name: `datastream ${number}`, description: `datastream ${number}`,
    unitOfMeasurement: { name: 'Lumen', symbol: 'lm', definition: 'http://www.qudt.org/qudt/owl/1.0.0/unit/Instances.html#Lumen' },
    observationType: 'http://www.opengis.net/def/observationType/OGC-OM/2.0/OM_Measurement', ObservedProperty: property,
    Sensor: { name: `sensor ${number}`, description: `sensor ${number}`, encodingType: 'application/pdf', metadata: 'Light flux sensor' },
    Observations: [0, 1, 2].map(() => ({
        phenomenonTime: new Date(Date.UTC(2015, 2, 3 + seen)).toISOString(), result: ++seen,
        resultTime: new Date(Date.UTC(2015, 2, 20 + (seen % 5))).toISOString(),
    })),
})
const property = (number: number) => ({ name: `ObservedProperty ${number}`, definition: 'http://www.qudt.org/#LuminousFlux', description: `observedProperty ${number}` })
const things: string[] = []
for (const number of [1, 2]) {
    const shared = number === 1 ? property(1) : { '@iot.id': (await get('ObservedProperties')).value[0]!['@iot.id'] }
    things.push(await post('Things', {
        name: `thing ${number}`, description: `thing ${number}`, Locations: [place(`location ${number}`, [-117.05 + number, 51.05])],
        Datastreams: [stream(2 * number - 1, shared), stream(2 * number, property(number + 1))],
    }))
    const home = (await get(`${things.at(-1)}/Locations`)).value[0]!['@iot.id']
    await post('HistoricalLocations', { time: `2015-10-14T21:30:0${number}.104Z`, Thing: { '@iot.id': Number(/\d+/.exec(things.at(-1)!)![0]) }, Locations: [{ '@iot.id': home }] })
}
const sizes: Record<string, number> = { Things: 2, Locations: 2, HistoricalLocations: 4, Datastreams: 4, Sensors: 4, ObservedProperties: 3, Observations: 12, FeaturesOfInterest: 2 }

function check_whole(kind: Kind, entity: Entity): void {
    for (const name of ['@iot.id', '@iot.selfLink', ...kind.properties]) assert.ok(name in entity, `${kind.set}: ${name}`)
    for (const relation of kind.relations) assert.ok(`${relation}@iot.navigationLink` in entity, `${kind.set}: ${relation}`)
}
/// Sets below an entity of each kind, which the suite asks every option of too.
async function sets(): Promise<{ kind: Kind; path: string }[]> {
    const all = kinds.map((kind) => ({ kind, path: kind.set }))
    for (const kind of kinds) {
        const id = (await get(kind.set)).value[0]!['@iot.id']
        for (const relation of kind.relations.filter((name) => !(name in singles))) all.push({ kind: kind_of(relation), path: `${kind.set}(${id})/${relation}` })
    }
    return all
}

await report.test('level 1: the root, and every kind in a set, by itself and by each property', async () => {
    const sets_told = JSON.parse(await answer('')) as { value: { name: string; url: string }[] }
    assert.deepEqual(sets_told.value.map(({ name, url }) => [name, url]).sort(), kinds.map(({ set }) => [set, `${root}/${set}`]).sort())
    for (const kind of kinds) {
        const page = await get(kind.set)
        assert.equal(page.value.length, sizes[kind.set], kind.set)
        for (const entity of page.value) check_whole(kind, entity)
        const self = `${kind.set}(${page.value[0]!['@iot.id']})`
        check_whole(kind, JSON.parse(await answer(self)) as Entity)
        await answer(`${kind.set}(9223372036854775807)`, 404)
        for (const name of kind.properties) {
            assert.deepEqual(Object.keys(JSON.parse(await answer(`${self}/${name}`)) as object), [name])
            assert.equal((await answer(`${self}/${name}/$value`)).startsWith('{'), objects.has(name))
        }
    }
})

await report.test('level 1: resource paths four deep, with the references of each', async () => {
    let asked = 0
    async function walk(steps: string[], last: string): Promise<void> {
        const path = [...steps, last].join('/')
        ++asked
        if (last in singles) {
            await answer(path)
            return
        }
        const page = await get(path)
        assert.ok(page.value.length > 0, path)
        for (const link of (await get(`${path}/$ref`)).value) assert.deepEqual(Object.keys(link), ['@iot.selfLink'])
        if (steps.length === 3) return
        for (const relation of kind_of(last).relations) await walk([...steps, `${last}(${page.value[0]!['@iot.id']})`], relation)
    }
    for (const kind of kinds) await walk([], kind.set)
    assert.ok(asked > 50)
})

await report.test('level 3: $select gives what is named and nothing else', async () => {
    for (const { kind, path } of await sets()) {
        const every = [...kind.properties, ...kind.relations]
        for (let count = 1; count <= every.length; ++count) {
            for (const chosen of [every.slice(0, count), [every[count - 1]!]]) {
                for (const entity of (await get(`${path}?$select=${chosen.join(',')}`)).value) {
                    const shown = Object.keys(entity).map((name) => name.replace('@iot.navigationLink', ''))
                    assert.deepEqual(shown.sort(), [...chosen].sort(), path)
                }
            }
        }
    }
})

await report.test('level 3: $expand, one, several and many levels', async () => {
    for (const { kind, path } of await sets()) {
        for (let count = 1; count <= kind.relations.length; ++count) {
            for (const chosen of [kind.relations.slice(0, count), [kind.relations[count - 1]!]]) {
                for (const entity of (await get(`${path}?$expand=${chosen.join(',')}`)).value) {
                    for (const relation of chosen) assert.equal(Array.isArray(entity[relation]), !(relation in singles), `${path}: ${relation}`)
                }
            }
        }
        for (const relation of kind.relations) {
            for (const inner of kind_of(relation).relations) {
                for (const entity of (await get(`${path}?$expand=${relation}/${inner}`)).value) {
                    for (const between of [entity[relation]].flat() as Entity[]) assert.ok(inner in between, `${path}: ${relation}/${inner}`)
                }
            }
        }
    }
})

await report.test('level 3: $top, $skip and $count cut and count', async () => {
    for (const { path } of await sets()) {
        const all = await get(`${path}?$count=true`)
        const size = all.value.length
        assert.equal(all['@iot.count'], size)
        for (const top of [1, 2, 3, 4, 5, 12, 13]) {
            const page = await get(`${path}?$top=${top}&$count=false`)
            assert.equal(page.value.length, Math.min(top, size), path)
            assert.equal('@iot.nextLink' in page, top < size, path)
            assert.equal('@iot.count' in page, false)
            assert.equal((await get(`${path}?$skip=${top}`)).value.length, Math.max(0, size - top), path)
        }
    }
})

const compare = (a: unknown, b: unknown): number => (typeof a === 'number' && typeof b === 'number' ? a - b : String(a) < String(b) ? -1 : String(a) > String(b) ? 1 : 0)
await report.test('level 3: $orderby by one property and several, both ways', async () => {
    for (const { kind, path } of await sets()) {
        const sortable = kind.properties.filter((name) => !objects.has(name))
        for (let count = 1; count <= sortable.length; ++count) {
            for (const chosen of [sortable.slice(0, count), [sortable[count - 1]!]]) {
                for (const way of ['', '%20asc', '%20desc']) {
                    const { value } = await get(`${path}?$orderby=${chosen.map((name) => name + way).join(',')}`)
                    for (let i = 1; i < value.length; ++i) {
                        const first = chosen.map((name) => compare(value[i - 1]![name], value[i]![name])).find((order) => order !== 0) ?? 0
                        assert.ok(way === '%20desc' ? first >= 0 : first <= 0, `${path} by ${chosen.join()}${way}`)
                    }
                }
            }
        }
    }
})

await report.test('level 3: $filter with each comparison, values in quotes as the suite writes them', async () => {
    const holds: Record<string, (order: number) => boolean> = {
        lt: (order) => order < 0, le: (order) => order <= 0, eq: (order) => order === 0, ge: (order) => order >= 0, gt: (order) => order > 0,
    }
    for (const { kind, path } of await sets()) {
        const all = (await get(path)).value
        for (const name of kind.properties.filter((each) => !objects.has(each))) {
            const sample = all[Math.floor(all.length / 2)]![name]
            for (const [op, fits] of Object.entries(holds)) {
                const { value } = await get(`${path}?$filter=${encodeURIComponent(`${name} ${op} '${String(sample)}'`)}`)
                const expected = all.filter((entity) => fits(compare(String(entity[name]), String(sample)))).map((entity) => entity['@iot.id'])
                assert.deepEqual(value.map((entity) => entity['@iot.id']).sort(), expected.sort(), `${path}: ${name} ${op} '${String(sample)}'`)
            }
        }
    }
})

await report.test('level 3: options are worked out in their order', async () => {
    const page = await get("Observations?$count=true&$top=1&$skip=2&$orderby=phenomenonTime%20asc&$filter=result%20gt%20'3'")
    assert.equal(page['@iot.count'], 6, 'from 4 to 9: in quotes it is a text, and 10 comes before 3')
    assert.deepEqual(page.value.map(({ result }) => result), [6])
})

await town.stop()
remove(data)
report.end()
