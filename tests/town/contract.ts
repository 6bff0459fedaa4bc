/// Every answer of the running town follows api/openapi.yaml: status, media type, and the schema of the body.
import { strict as assert } from 'node:assert'
import { readFileSync } from 'node:fs'
import Ajv2020 from 'ajv/dist/2020.js'
import add_formats from 'ajv-formats'
import { parse } from 'yaml'
import { folder, make_token, remove, Report, start } from './town.ts'

const contract = parse(readFileSync('api/openapi.yaml', 'utf8'))
const ajv = new Ajv2020.default({ strict: false, allErrors: true })
add_formats.default(ajv)
ajv.addSchema({ $id: 'contract', ...contract })

function resolve(node: { $ref?: string }): any {
    if (!node.$ref) return node
    return node.$ref.slice(2).split('/').reduce((at: any, key) => at[key.replaceAll('~1', '/').replaceAll('~0', '~')], contract)
}

function schema_pointer(path: string, method: string, status: string, type: string): object | undefined {
    const response = resolve(contract.paths[path][method].responses[status])
    return response?.content?.[type]?.schema
}

/// Pointers inside a schema of the contract lead back into it.
function rebase(schema: any): any {
    if (Array.isArray(schema)) return schema.map(rebase)
    if (schema === null || typeof schema !== 'object') return schema
    return Object.fromEntries(
        Object.entries(schema).map(([key, value]) => [key, key === '$ref' ? `contract${value}` : rebase(value)]),
    )
}

const data = folder()
const town = await start(['demo', '--data', data, '--listen', '127.0.0.1:0'])
const token = make_token(data, 'ingest,read')
const report = new Report('town_contract')

interface Call {
    path: string
    url: string
    method?: string
    status: number
    headers?: Record<string, string>
    body?: string
}

async function check({ path, url, method = 'get', status, headers = {}, body }: Call): Promise<any> {
    const response = await fetch(town.url + url, { method: method.toUpperCase(), headers, body })
    const text = await response.text()
    assert.equal(response.status, status, `${method} ${url}: ${text.slice(0, 300)}`)
    const type = (response.headers.get('content-type') ?? '').split(';')[0]!
    if (status === 204) return undefined
    const schema = schema_pointer(path, method, String(status), type)
    assert.ok(schema, `${path} does not promise ${status} as ${type}`)
    if (!type.endsWith('json')) return text
    const answer = JSON.parse(text)
    const validate = ajv.compile(rebase(schema))
    assert.ok(validate(answer), `${url}: ${ajv.errorsText(validate.errors, { separator: '\n' })}`)
    return answer
}

const place = '/api/v1/places/{slug}'
const key = { Authorization: `Bearer ${token}` }
const json = { ...key, 'Content-Type': 'application/json' }
let slug = ''
let property = ''

await report.test('the list of places', async () => {
    const { places } = await check({ path: '/api/v1/places', url: '/api/v1/places', status: 200 })
    assert.ok(places.length >= 7, 'six bathing places and a ski track')
    slug = places.find((p: any) => p.kind === 'bathing').slug
    property = places.find((p: any) => p.slug === slug).conditions[0].property
})
for (const language of ['nb', 'nn', 'en']) {
    await report.test(`one place in ${language}`, async () => {
        await check({ path: place, url: `/api/v1/places/${slug}?lang=${language}`, status: 200 })
    })
}
await report.test('the nearest first, with distances', async () => {
    const { places } = await check({ path: '/api/v1/places', url: '/api/v1/places?near=59.744,10.204', status: 200 })
    const metres = places.map((p: any) => p.distance_m)
    assert.deepEqual(metres, [...metres].sort((a, b) => a - b))
})
for (const resolution of ['raw', 'hour', 'day', 'month']) {
    await report.test(`a series by ${resolution}`, async () => {
        const url = `/api/v1/places/${slug}/series?property=${property}&resolution=${resolution}`
        await check({ path: `${place}/series`, url, status: 200 })
    })
}
await report.test('a series as a file has as many rows as it has readings', async () => {
    const span = 'from=2026-06-01T00:00:00Z&to=2026-06-15T00:00:00Z'
    const answer = await check({ path: `${place}/series`, url: `/api/v1/places/${slug}/series?property=${property}&${span}`, status: 200 })
    const csv = await check({ path: `${place}/series.csv`, url: `/api/v1/places/${slug}/series.csv?property=${property}&${span}`, status: 200 })
    assert.ok(answer.readings.length > 100, 'two weeks of hourly readings')
    assert.equal(csv.trim().split('\n').length - 1, answer.readings.length)
})
await report.test('the season', async () => {
    const season = await check({ path: `${place}/season`, url: `/api/v1/places/${slug}/season?property=${property}`, status: 200 })
    assert.ok(season.days.length > 100)
})
await report.test('the samples', async () => {
    await check({ path: `${place}/samples`, url: `/api/v1/places/${slug}/samples`, status: 200 })
})
for (const path of ['/healthz', '/readyz', '/metrics']) {
    await report.test(path, async () => {
        await check({ path, url: path, status: 200 })
    })
}
await report.test('an unknown place is a problem that says what was meant', async () => {
    const problem = await check({ path: place, url: '/api/v1/places/landfaltjern?lang=en', status: 404 })
    assert.match(problem.detail, /landfalltjern/)
})
await report.test('a question that cannot be answered is a problem', async () => {
    await check({ path: `${place}/series`, url: `/api/v1/places/${slug}/series?property=${property}&resolution=week`, status: 400 })
    await check({ path: `${place}/series`, url: `/api/v1/places/${slug}/series?property=gold`, status: 400 })
    await check({ path: '/api/v1/places', url: '/api/v1/places?near=here', status: 400 })
})
await report.test('without a key nothing comes in', async () => {
    for (const [path, type] of [['/ingest/lines', 'text/plain'], ['/ingest/observations', 'application/json'], ['/ingest/tts', 'application/json']]) {
        await check({ path: path!, url: path!, method: 'post', status: 401, headers: { 'Content-Type': type! }, body: '{}' })
    }
})
await report.test('lines come in, bad ones are named', async () => {
    const lines = { ...key, 'Content-Type': 'text/plain' }
    await check({ path: '/ingest/lines', url: '/ingest/lines?precision=s', method: 'post', status: 204, headers: lines, body: 'contract,n=1 value=1 1783245600' })
    const part = await check({
        path: '/ingest/lines', url: '/ingest/lines?precision=s', method: 'post', status: 400, headers: lines, body: 'contract,n=1 value=2 1783245601\nbad',
    })
    assert.equal(part.accepted, 1)
    assert.equal(part.lines[0].line, 2)
})
await report.test('a batch gets an answer for each bad row', async () => {
    const receipt = await check({
        path: '/ingest/observations', url: '/ingest/observations', method: 'post', status: 200, headers: json,
        body: JSON.stringify({ observations: [{ datastream: 1, value: 1, time: 'yesterday' }] }),
    })
    assert.equal(receipt.rejected, 1)
})
await report.test('listening to readings begins with what is known, as the contract describes it', async () => {
    const stop = new AbortController()
    const response = await fetch(`${town.url}/live?set=Observations`, { signal: stop.signal })
    assert.equal(response.headers.get('content-type')?.split(';')[0], 'text/event-stream')
    const reader = response.body!.pipeThrough(new TextDecoderStream()).getReader()
    let text = ''
    while (!text.includes('\n\n')) text += (await reader.read()).value ?? ''
    stop.abort()
    const event = text.split('\n\n')[0]!.split('\n')
    assert.equal(event[0], 'event: observation')
    const validate = ajv.compile(rebase(contract.components.schemas.LiveObservation))
    assert.ok(validate(JSON.parse(event[1]!.slice('data: '.length))), ajv.errorsText(validate.errors))
    await check({ path: '/live', url: '/live?datastream=999999999', status: 404 })
})
await report.test('a webhook is made, shown without its secret, switched off and removed', async () => {
    const admin = { Authorization: `Bearer ${make_token(data, 'admin')}`, 'Content-Type': 'application/json' }
    const hooks = '/api/v1/webhooks'
    const made = await check({
        path: hooks, url: hooks, method: 'post', status: 201, headers: admin,
        body: JSON.stringify({ url: 'https://example.org/hook', places: [slug] }),
    })
    const { items } = await check({ path: hooks, url: hooks, status: 200, headers: admin })
    assert.ok(!JSON.stringify(items).includes(made.secret))
    const one = { path: `${hooks}/{id}`, url: `${hooks}/${made.id}`, headers: admin }
    await check({ ...one, method: 'patch', status: 200, body: '{"active":false}' })
    await check({ path: `${hooks}/{id}/dead-letters`, url: `${hooks}/${made.id}/dead-letters`, status: 200, headers: admin })
    await check({ ...one, method: 'delete', status: 204 })
    await check({ ...one, method: 'delete', status: 404 })
    await check({ path: hooks, url: hooks, method: 'post', status: 400, headers: admin, body: '{"url":"http://example.org"}' })
    await check({ path: hooks, url: hooks, status: 401 })
    await check({ path: hooks, url: hooks, status: 403, headers: key })
})
await report.test('nothing internal answers without a session', async () => {
    for (const [path, methods] of Object.entries<any>(contract.paths)) {
        if (!path.startsWith('/api/v1/staff/') && !path.startsWith('/api/v1/webhooks')) continue
        for (const [method, operation] of Object.entries<any>(methods)) {
            if (!operation.security?.some((way: object) => 'session' in way)) continue
            const url = path.replace(/\{[^}]+\}/g, 'x')
            const response = await fetch(town.url + url, { method: method.toUpperCase(), body: method === 'get' ? undefined : '{}' })
            await response.arrayBuffer()
            assert.ok([401, 403].includes(response.status), `${method} ${path} answered ${response.status}`)
        }
    }
})
await town.stop()
remove(data)
report.end()
