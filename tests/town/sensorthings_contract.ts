/// SensorThings described in OpenAPI: the description is valid, and every answer of the running service is one that it promises.
import { strict as assert } from 'node:assert'
import openapi_types, { astToString } from 'openapi-typescript'
import { ask, type Call, judge_by, resolve } from './openapi.ts'
import { folder, make_token, remove, Report, start_demonstration, until } from './town.ts'

const report = new Report('town_sensorthings_contract')
const data = folder()
const town = await start_demonstration(data)
const sta = `${town.url}/sta/v1.1`
const admin = { Authorization: `Bearer ${make_token(data, 'admin,read')}` }
const json = { ...admin, 'Content-Type': 'application/json' }
const document: any = await (await fetch(`${sta}/api`)).json()
const judge = judge_by(document)
const check = (call: Call) => ask(sta, call, document, judge)

/// An entity of each set that has one, by the set's name.
const ids = new Map<string, number>()
for (const { name } of (await (await fetch(`${sta}/`)).json()).value) {
    const page = await until(async () => (await fetch(`${sta}/${name}?$top=1`, { headers: admin })).json(), (page) => Array.isArray(page.value), 30)
    if (page.value.length > 0) ids.set(name, page.value[0]['@iot.id'])
}

await report.test('the description is valid by what our own API is checked with', async () => {
    // Throws what Redocly's rules find.
    const types = astToString(await openapi_types(JSON.stringify(document)))
    for (const path of Object.keys(document.paths)) assert.ok(types.includes(JSON.stringify(path)), path)
})
await report.test('whoever may change what is told', () => {
    for (const [path, item] of Object.entries<any>(document.paths)) {
        for (const method of ['post', 'patch', 'put', 'delete']) {
            if (!item[method]) continue
            const open = item[method].security.some((way: object) => Object.keys(way).length === 0)
            assert.equal(open, path === '/$batch', `${method} ${path}`)
            for (const status of ['400', '401']) assert.ok(item[method].responses[status], `${method} ${path}: ${status}`)
        }
    }
    assert.deepEqual(Object.keys(document.components.securitySchemes), ['key', 'session'])
})
await report.test('every path that is told answers as it is told, with something and with nothing', async () => {
    let asked = 0
    for (const [path, item] of Object.entries<any>(document.paths)) {
        if (!item.get) continue
        const set = /^\/(\w+)\(/.exec(path)?.[1]
        const properties = item.parameters?.map((one: any) => resolve(one, document)).find((one: any) => one.name === 'property')?.schema.enum ?? ['']
        for (const property of properties) {
            for (const id of set === undefined ? [0] : ids.has(set) ? [ids.get(set), 4_000_000_000] : [4_000_000_000]) {
                const url = path.replace('{id}', String(id)).replace('{property}', property)
                const response = await fetch(sta + url, { headers: admin })
                await response.arrayBuffer()
                if (id !== 4_000_000_000 && set !== undefined) assert.ok([200, 204, 404].includes(response.status), `${url}: ${response.status}`)
                if (id === 4_000_000_000) assert.equal(response.status, 404, url)
                await check({ path, url, status: response.status, headers: admin })
                asked += 1
            }
        }
    }
    assert.ok(asked > 250, `${asked} questions`)
})
await report.test('options and forms', async () => {
    const stream = ids.get('Datastreams')!
    const observations = `/Datastreams(${stream})/Observations`
    const of = '/Datastreams({id})/Observations'
    const page = await check({ path: '/Things', status: 200, headers: admin, url: '/Things?$count=true&$top=2&$select=id,name,Datastreams&$expand=Datastreams($top=1;$count=true;$expand=Observations($top=1),Sensor)' })
    assert.ok(page['@iot.nextLink'])
    await check({ path: of, url: `${observations}?$resultFormat=dataArray&$top=3&$count=true`, status: 200, headers: admin })
    assert.match(await check({ path: of, url: `${observations}?$resultFormat=csv&$top=3`, status: 200, headers: admin }), /^id,phenomenonTime/)
    const map = await check({ path: '/Locations', url: '/Locations?$resultFormat=geojson', status: 200, headers: admin })
    assert.equal(map.type, 'FeatureCollection')
    await check({ path: '/Datastreams', url: '/Datastreams?$distinct=name', status: 200 })
    await check({ path: '/Things', url: '/Things?$filter=nam eq 1', status: 400 })
    await check({ path: '/Things', url: '/Things', status: 401, headers: { Authorization: 'Bearer byp_x_y' } })
})
await report.test('changes of every kind', async () => {
    const link = (id: number) => ({ '@iot.id': id })
    const om = 'http://www.opengis.net/def/observationType/OGC-OM/2.0/OM_Measurement'
    const thing = {
        name: 'contract', description: 'd', properties: { a: 1 },
        Locations: [{ name: 'l', description: 'l', encodingType: 'application/geo+json', location: { type: 'Point', coordinates: [10.2, 59.7] } }],
        Datastreams: [{
            name: 'contract', description: 'd', observationType: om, unitOfMeasurement: { name: 'm', symbol: 'm', definition: 'm' },
            Sensor: link(ids.get('Sensors')!), ObservedProperty: link(ids.get('ObservedProperties')!),
        }],
    }
    judge({ $ref: '#/components/schemas/NewThing' }, thing, 'what is sent')
    const made = await check({ path: '/Things', url: '/Things', method: 'post', status: 201, headers: { ...json, Prefer: 'return=representation' }, body: JSON.stringify(thing) })
    assert.equal(made.name, 'contract', 'Prefer: return=representation')
    const one = { path: '/Things({id})', url: `/Things(${made['@iot.id']})` }
    const changed = await check({ ...one, method: 'patch', status: 200, headers: { ...json, Prefer: 'return=representation' }, body: '{"description":"changed"}' })
    assert.equal(changed.description, 'changed')
    await check({ ...one, method: 'patch', status: 200, bare: true, headers: json, body: '{"description":"again"}' })
    const patch = [{ op: 'test', path: '/name', value: 'contract' }, { op: 'replace', path: '/properties/a', value: 2 }]
    judge({ $ref: '#/components/schemas/JsonPatch' }, patch, 'a patch')
    await check({ ...one, method: 'patch', status: 200, bare: true, headers: { ...admin, 'Content-Type': 'application/json-patch+json' }, body: JSON.stringify(patch) })
    await check({ ...one, method: 'put', status: 200, bare: true, headers: json, body: '{"name":"contract","description":"put"}' })
    await check({ ...one, method: 'patch', status: 412, headers: { ...json, 'If-Match': '"x"' }, body: '{}' })
    await check({ ...one, method: 'patch', status: 401, headers: { 'Content-Type': 'application/json' }, body: '{}' })
    await check({ ...one, method: 'patch', status: 400, headers: json, body: '{"name":1e400}' })
    const { value: [stream] } = await check({ path: '/Things({id})/Datastreams', url: `${one.url}/Datastreams`, status: 200, headers: admin })
    const rows = [{ Datastream: link(stream['@iot.id']), components: ['phenomenonTime', 'result'], dataArray: [['2026-01-01T00:00:00Z', 1], ['never', 2]] }]
    judge({ $ref: '#/components/schemas/NewDataArrays' }, rows, 'rows')
    const links = await check({ path: '/CreateObservations', url: '/CreateObservations', method: 'post', status: 201, headers: json, body: JSON.stringify(rows) })
    assert.match(links[1], /^error/)
    const batch = { requests: [{ id: '1', method: 'get', url: `Things(${made['@iot.id']})` }, { id: '2', method: 'get', url: 'Nothing' }] }
    judge({ $ref: '#/components/schemas/Batch' }, batch, 'a batch')
    const answers = await check({ path: '/$batch', url: '/$batch', method: 'post', status: 200, headers: json, body: JSON.stringify(batch) })
    assert.deepEqual(answers.responses.map((one: any) => one.status), [200, 404])
    await check({ path: '/$batch', url: '/$batch', method: 'post', status: 413, headers: json, body: JSON.stringify({ requests: Array(1001).fill(batch.requests[0]) }) })
    await check({ path: '/Datastreams', url: '/Datastreams', method: 'delete', status: 400, headers: admin })
    const gone = await check({ path: '/Datastreams', url: "/Datastreams?$filter=name eq 'contract'", method: 'delete', status: 200, headers: admin })
    assert.equal(gone.deleted, 1)
    await check({ ...one, method: 'delete', status: 200, bare: true, headers: admin })
    await check({ ...one, status: 404, headers: admin })
})
await town.stop()
remove(data)
report.end()
