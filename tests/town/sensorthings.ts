/// SensorThings in the running program: the public plane for anybody, the internal one for whoever has a key, changes for whoever
/// may make them, and the form of 1.0 that OGC's suite asks for.
import { strict as assert } from 'node:assert'
import { spawnSync } from 'node:child_process'
import { type IncomingHttpHeaders, request } from 'node:http'
import { gunzipSync } from 'node:zlib'
import { folder, make_token, program, remove, Report, start, start_demonstration, until } from './town.ts'

const report = new Report('town_sensorthings')
const data = folder()
const town = await start_demonstration(data)
const sta = `${town.url}/sta/v1.1`
const admin = { Authorization: `Bearer ${make_token(data, 'admin,read')}` }
const reader = { Authorization: `Bearer ${make_token(data, 'read')}` }
const sender = { Authorization: `Bearer ${make_token(data, 'ingest')}` }

type Headers = Record<string, string>
async function get(address: string, headers: Headers = {}): Promise<any> {
    const response = await fetch(address.startsWith('http') ? address : `${sta}/${address}`, { headers })
    assert.equal(response.status, 200, `${address}: ${response.status}`)
    return response.json()
}
function send(method: string, address: string, body: unknown, headers: Headers): Promise<Response> {
    return fetch(`${sta}/${address}`, { method, headers: { ...headers, 'Content-Type': 'application/json' }, body: JSON.stringify(body) })
}
/// The bytes as they came, which fetch would have decoded.
function coded(address: string, coding: string): Promise<{ headers: IncomingHttpHeaders; body: Buffer }> {
    return new Promise((resolve, reject) => {
        request(address, { headers: { 'Accept-Encoding': coding } }, (response) => {
            const parts: Buffer[] = []
            response.on('data', (part: Buffer) => parts.push(part))
            response.on('end', () => resolve({ headers: response.headers, body: Buffer.concat(parts) }))
        }).on('error', reject).end()
    })
}
const om = 'http://www.opengis.net/def/observationType/OGC-OM/2.0/OM_Measurement'
const thing = {
    name: 'Inntak', description: 'an intake',
    Locations: [{ name: 'l', description: 'l', encodingType: 'application/geo+json', location: { type: 'Point', coordinates: [10.2, 59.7] } }],
    Datastreams: [{
        name: 'level', description: 'level', observationType: om, unitOfMeasurement: { name: 'metre', symbol: 'm', definition: 'm' },
        ObservedProperty: { name: 'level', definition: 'http://example.org/level', description: 'level' },
        Sensor: { name: 's', description: 's', encodingType: 'application/pdf', metadata: 'http://example.org/s.pdf' },
    }],
}

await report.test('anybody reads what is public, with the latest of each datastream', async () => {
    const streams = await until(() => get('Datastreams?$expand=Observations($top=1;$orderby=phenomenonTime desc)&$count=true'),
        (page) => page['@iot.count'] > 0 && page.value[0].Observations.length === 1, 60)
    assert.equal(typeof streams.value[0].Observations[0].result, 'number')
    const self = await get(streams.value[0]['@iot.selfLink'])
    assert.equal(self['@iot.id'], streams.value[0]['@iot.id'])
    const unmarked = await get('Datastreams?$filter=not (properties/simulated eq true)&$count=true')
    assert.equal(unmarked['@iot.count'], 0, 'what the demonstration makes up says so')
})
await report.test('what has not changed is not sent again, and what is sent is compressed', async () => {
    const first = await fetch(`${sta}/Things`)
    const tag = first.headers.get('ETag')!
    assert.match(tag, /^(W\/)?"/)
    const body = await first.text()
    const again = await fetch(`${sta}/Things`, { headers: { 'If-None-Match': tag } })
    assert.equal(again.status, 304)
    assert.equal(again.headers.get('ETag')!.replace('W/', ''), tag.replace('W/', ''))
    assert.equal(await again.text(), '')
    assert.equal((await fetch(`${sta}/Things?$top=1`, { headers: { 'If-None-Match': tag } })).status, 200, 'another question')
    const head = await fetch(`${sta}/Things`, { method: 'HEAD' })
    assert.equal(head.headers.get('ETag')!.replace('W/', ''), tag.replace('W/', ''))
    assert.equal((await fetch(`${sta}/Things`, { method: 'HEAD', headers: { 'If-None-Match': tag } })).status, 304)
    for (const coding of ['gzip', 'zstd']) {
        const compressed = await coded(`${sta}/Things`, coding)
        assert.equal(compressed.headers['content-encoding'], coding)
        assert.match(String(compressed.headers.vary), /Accept-Encoding/i)
        assert.ok(compressed.body.length < body.length / 2)
        if (coding === 'gzip') assert.equal(gunzipSync(compressed.body).toString(), body)
        else assert.equal(compressed.body.readUInt32LE(0), 0xfd2fb528, 'the magic number of zstd')
    }
})
await report.test('the root says what is implemented', async () => {
    const root = await get('')
    assert.ok(root.serverSettings.conformance.some((uri: string) => uri.endsWith('request-data/filter')))
    assert.equal((await get('api')).openapi, '3.1.0')
})
await report.test('nobody changes anything without a key that may', async () => {
    for (const headers of [{}, reader, sender]) {
        const response = await send('POST', 'Things', thing, headers)
        assert.ok([401, 403].includes(response.status), String(response.status))
    }
    assert.equal((await get('Things?$filter=name eq \'Inntak\'', reader)).value.length, 0)
})
await report.test('with one, a thing is made, observed and deleted, and stays internal', async () => {
    const made = await send('POST', 'Things', thing, admin)
    assert.equal(made.status, 201)
    const link = made.headers.get('Location')!
    const stream = (await get(`${link}/Datastreams`, reader)).value[0]
    const seen = await send('POST', `Datastreams(${stream['@iot.id']})/Observations`, { result: 3.5, phenomenonTime: '2026-01-01T00:00:00Z' }, sender)
    assert.equal(seen.status, 201)
    assert.equal((await get(seen.headers.get('Location')!, reader)).result, 3.5)
    for (let second = 1; second < 20; ++second) {
        const time = `2026-01-01T00:00:${String(second).padStart(2, '0')}Z`
        assert.equal((await send('POST', `Datastreams(${stream['@iot.id']})/Observations`, { result: second, phenomenonTime: time }, sender)).status, 201)
    }
    assert.equal((await get(`Datastreams(${stream['@iot.id']})/Observations?$count=true&$top=1`, reader))['@iot.count'], 20)
    assert.equal((await fetch(link)).status, 404, 'the public plane has not heard of it')
    const tag = (await fetch(link, { headers: reader })).headers.get('ETag')!
    const rename = (name: string, match: string) => send('PATCH', link.slice(sta.length + 1), { name }, { ...admin, 'If-Match': match })
    assert.equal((await rename('Utløp', '"another"')).status, 412)
    assert.equal((await rename('Utløp', tag)).status, 200)
    assert.equal((await get(link, reader)).name, 'Utløp')
    const told = await send('PATCH', link.slice(sta.length + 1), { description: 'told' }, { ...admin, Prefer: 'return=representation' })
    assert.deepEqual(await told.json(), await get(link, admin), 'Prefer: return=representation')
    const late = await rename('Avløp', tag)
    assert.equal(late.status, 412, 'somebody was first')
    assert.match((await late.json()).type, /precondition-failed/)
    assert.equal((await fetch(link, { method: 'DELETE', headers: { ...admin, 'If-Match': tag } })).status, 412)
    assert.equal((await get(link, reader)).name, 'Utløp')
    assert.equal((await rename('Avløp', '*')).status, 200)
    assert.equal((await send('PATCH', 'Things(999999)', { name: 'x' }, { ...admin, 'If-Match': '*' })).status, 412)
    assert.equal((await fetch(link, { method: 'DELETE', headers: admin })).status, 200)
    assert.equal((await fetch(seen.headers.get('Location')!, { headers: reader })).status, 404)
})
await report.test('a batch does what each part may: anybody reads, a sender observes, and one path that leads nowhere stops nothing', async () => {
    const made = await send('POST', 'Things', thing, admin)
    const link = made.headers.get('Location')!
    const stream = (await get(`${link}/Datastreams`, reader)).value[0]['@iot.id']
    const open = (await get('Things?$top=1')).value[0]['@iot.id']
    const observe = (id: string, second: number) =>
        ({ id, method: 'post', url: `Datastreams(${stream})/Observations`, body: { result: second, phenomenonTime: `2026-02-01T00:00:0${second}Z` } })
    const requests = [
        { id: 'open', method: 'get', url: `/v1.1/Things(${open})` },
        { id: 'internal', method: 'get', url: link },
        { id: 'nowhere', method: 'get', url: '/api/v1/places' },
        observe('observation', 1),
        { ...observe('together', 2), atomicityGroup: 'g' },
        { id: 'thing', method: 'patch', url: link, body: { name: 'batched' } },
    ]
    const statuses = async (headers: Headers) => {
        const response = await send('POST', '$batch', { requests }, headers)
        assert.equal(response.status, 200, await response.clone().text())
        return (await response.json()).responses.map((one: any) => one.status)
    }
    assert.deepEqual(await statuses({}), [200, 404, 404, 403, 403, 403])
    assert.deepEqual(await statuses(reader), [200, 200, 404, 403, 403, 403])
    assert.equal((await get(`Datastreams(${stream})/Observations?$count=true&$top=0`, reader))['@iot.count'], 0)
    assert.deepEqual(await statuses(sender), [200, 404, 404, 201, 201, 403])
    assert.deepEqual(await statuses(admin), [200, 200, 404, 201, 201, 200])
    assert.equal((await get(`Datastreams(${stream})/Observations?$count=true&$top=0`, reader))['@iot.count'], 2, 'sent again they are the same')
    assert.equal((await send('POST', '$batch', { requests }, { Authorization: 'Bearer byp_x_y' })).status, 401)
    const text = [`--b`, 'Content-Type: application/http', '', `GET /v1.1/Things(${open})/name HTTP/1.1`, 'Host: localhost', '', '',
        '--b', 'Content-Type: application/http', '', 'GET Nothing HTTP/1.1', '', '', '--b--', ''].join('\r\n')
    const multipart = await fetch(`${sta}/$batch`, { method: 'POST', headers: { 'Content-Type': 'multipart/mixed;boundary=b' }, body: text })
    const boundary = /^multipart\/mixed; boundary=(\S+)$/.exec(multipart.headers.get('Content-Type')!)![1]!
    const parts = (await multipart.text()).split(`--${boundary}`)
    assert.equal(parts.length, 4)
    assert.match(parts[1]!, /HTTP\/1\.1 200 OK/)
    assert.match(parts[2]!, /HTTP\/1\.1 404 Not Found/)
    assert.equal((await fetch(link, { method: 'DELETE', headers: admin })).status, 200)
})
await report.test('a wrong key is no anonymous reader', async () => {
    assert.equal((await fetch(`${sta}/Things`, { headers: { Authorization: 'Bearer byp_x_y' } })).status, 401)
})
await report.test('faults are problems in the reader\'s language', async () => {
    const response = await fetch(`${sta}/Things?$filter=nam eq 1`, { headers: { 'Accept-Language': 'nn' } })
    assert.equal(response.status, 400)
    assert.match(response.headers.get('Content-Type')!, /problem\+json/)
    assert.match((await response.json()).detail, /'nam'/)
})
await town.stop()

await report.test('anonymous writes need an address of this machine alone', () => {
    const refused = spawnSync(program, ['serve', '--data', folder(), '--listen', '0.0.0.0:0', '--anonymous-writes'], { encoding: 'utf8', timeout: 20_000 })
    assert.notEqual(refused.status, 0)
    assert.match(refused.stderr, /anonymous-writes/)
})

const bench = folder()
const open = await start(['serve', '--data', bench, '--listen', '127.0.0.1:0', '--anonymous-writes'])
await report.test('a suite for 1.0 finds its form and may write', async () => {
    assert.match(open.output(), /ANONYMOUS WRITES/)
    const root = `${open.url}/sta/v1.0`
    const post = async (address: string, body: unknown) => {
        const response = await fetch(address, { method: 'POST', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify(body) })
        assert.equal(response.status, 201, await response.text())
        return response.headers.get('Location')!
    }
    const link = await post(`${root}/Things`, thing)
    assert.ok(link.startsWith(`${root}/Things(`))
    const stream = (await get(`${link}/Datastreams`)).value[0]['@iot.selfLink']
    const seen = await post(`${stream}/Observations`, { result: 8, phenomenonTime: '2015-03-01T00:40:00.000Z' })
    const change = async (address: string, method: string, body: unknown) =>
        assert.equal((await fetch(address, { method, headers: { 'Content-Type': 'application/json' }, body: JSON.stringify(body) })).status, 200)
    await change(seen, 'PATCH', { phenomenonTime: '2015-07-01T00:40:00.000Z' })
    assert.equal((await get(seen)).phenomenonTime, '2015-07-01T00:40:00.000Z')
    await change(stream, 'PATCH', { observationType: om.replace('OM_Measurement', 'OM_Observation') })
    assert.equal((await get(seen)).result, 8)
    await change(seen, 'PUT', { result: '99', phenomenonTime: '2015-08-01T00:40:00.000Z' })
    assert.equal((await get(seen)).result, '99')
    assert.equal((await get(seen)).resultTime, null)
    assert.equal((await fetch(seen, { method: 'DELETE' })).status, 200)
    assert.equal((await fetch(seen)).status, 404)
})
await report.test('a page of another site that is open in a browser here neither reads nor writes', async () => {
    const ask = (method: string, headers: Headers, body = ''): Promise<[number, string]> => new Promise((resolve, reject) => {
        const asked = request(`${open.url}/sta/v1.1/Things`, { method, headers }, (response) => {
            let text = ''
            response.on('data', (part: Buffer) => (text += part)).on('end', () => resolve([response.statusCode!, text]))
        }).on('error', reject)
        asked.end(body)
    })
    const named = JSON.stringify({ name: 'of evil', description: '' })
    for (const headers of [{ Origin: 'http://evil.example' }, { Origin: 'http://127.evil.example' }, { Origin: 'null' }, { Host: 'evil.example' }, { Host: '127.evil.example:8080' }] as Headers[]) {
        const [status] = await ask('POST', { ...headers, 'Content-Type': 'text/plain' }, named)
        assert.ok(status === 401 || status === 403, `${JSON.stringify(headers)}: ${status}`)
        assert.deepEqual(JSON.parse((await ask('GET', headers))[1]).value, [], 'nothing is public here')
    }
    const [made] = await ask('POST', { Origin: 'http://localhost:3000', 'Content-Type': 'application/json' }, named.replace('evil', 'a tutorial'))
    assert.equal(made, 201)
    assert.ok(JSON.parse((await ask('GET', {}))[1]).value.length > 0)
})
await report.test('observations without a time that come at once are all kept', async () => {
    const root = `${open.url}/sta/v1.1`
    const stream = (await get(`${root}/Datastreams`)).value[0]['@iot.selfLink']
    const before = (await get(`${stream}/Observations?$count=true&$top=1`))['@iot.count']
    const links = await Promise.all(Array.from({ length: 200 }, async (_, i) => {
        const response = await fetch(`${stream}/Observations`, { method: 'POST', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify({ result: i }) })
        assert.equal(response.status, 201, await response.text())
        return response.headers.get('Location')!
    }))
    assert.equal(new Set(links).size, 200)
    assert.equal((await get(`${stream}/Observations?$count=true&$top=1`))['@iot.count'], before + 200)
    assert.equal((await get(links[137]!)).result, 137)
})
await report.test('CreateObservations takes ten thousand rows and answers for each', async () => {
    const root = `${open.url}/sta/v1.1`
    const stream = (await get(`${root}/Datastreams`)).value[0]
    const rows = Array.from({ length: 10_000 }, (_, i) => [new Date(Date.UTC(2020, 0, 1) + i * 60_000).toISOString(), i])
    const response = await fetch(`${root}/CreateObservations`, {
        method: 'POST', headers: { 'Content-Type': 'application/json' },
        body: JSON.stringify([{ Datastream: { '@iot.id': stream['@iot.id'] }, components: ['phenomenonTime', 'result'], 'dataArray@iot.count': rows.length, dataArray: rows }]),
    })
    assert.equal(response.status, 201)
    const links = await response.json() as string[]
    assert.equal(links.length, 10_000)
    assert.equal((await get(links[9_999]!)).result, 9_999)
})
await open.stop()
remove(data)
remove(bench)
report.end()
