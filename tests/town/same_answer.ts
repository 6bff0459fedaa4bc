/// The same (datastream, time) has the same value by every way out: SensorThings as entities, data array, CSV and GeoJSON, the places'
/// own API and its CSV, MQTT, and SQL. Asked of random spans of the town's history, and of random readings sent in by every way in.
/// BYPULS_SEED replays the choices.
import { strict as assert } from 'node:assert'
import { execFileSync } from 'node:child_process'
import mqtt from 'mqtt'
import { free_port, until_open } from '../mqtt/towns.ts'
import { folder, make_token, program, remove, Report, start_demonstration, until } from './town.ts'

let seed = Number(process.env.BYPULS_SEED ?? 20261126)
/// mulberry32.
function random(): number {
    seed = (seed + 0x6d2b79f5) | 0
    let t = Math.imul(seed ^ (seed >>> 15), 1 | seed)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296
}
const below = (bound: number) => Math.floor(random() * bound)

const report = new Report('town_same_answer')
const data = folder()
const port = await free_port()
const town = await start_demonstration(data, '--mqtt-listen', `127.0.0.1:${port}`)
await until_open(port)
const key = make_token(data, 'admin,ingest,read')
const headers = { Authorization: `Bearer ${key}` }
const sta = `${town.url}/sta/v1.1`

/// Microseconds since 1970, and the value.
type Rows = [number, number][]
const micros = (time: string) => Date.parse(time) * 1000 + Number(/\.\d{3}(\d{3})/.exec(time)?.[1] ?? 0)
const row = (time: string, value: number | string): [number, number] => [micros(time), Number(value)]

async function text(url: string, more: Record<string, string>): Promise<string> {
    const response = await fetch(url, { headers: more })
    const body = await response.text()
    assert.equal(response.status, 200, `${url}: ${body}`)
    return body
}
const json = async (url: string, more: Record<string, string>) => JSON.parse(await text(url, more))

/// By each of SensorThings' forms, a page after the other.
async function forms(address: string, more: Record<string, string>): Promise<Record<string, Rows>> {
    const found: Record<string, Rows> = { entities: [], array: [], csv: [], geojson: [] }
    const separator = address.includes('?') ? '&' : '?'
    for (let next = `${address}${separator}$top=700`; next; ) {
        const page = await json(next, more)
        for (const one of page.value) found.entities!.push(row(one.phenomenonTime, one.result))
        next = page['@iot.nextLink']
    }
    for (let next = `${address}${separator}$resultFormat=dataArray&$select=phenomenonTime,result&$top=700`; next; ) {
        const page = await json(next, more)
        for (const group of page.value) for (const [time, value] of group.dataArray) found.array!.push(row(time, value))
        next = page['@iot.nextLink']
    }
    const lines = (await text(`${address}${separator}$resultFormat=csv&$select=phenomenonTime,result&$top=10000`, more)).trim().split('\r\n')
    for (const line of lines.slice(1)) found.csv!.push(row(line.split(',')[0]!, line.split(',')[1]!))
    const map = await json(`${address}${separator}$resultFormat=geojson&$select=phenomenonTime,result&$top=10000`, more)
    for (const { properties } of map.features) found.geojson!.push(row(properties.phenomenonTime, properties.result))
    return found
}
function all_alike(found: Record<string, Rows>, wanted: Rows, where: string): void {
    for (const [form, rows] of Object.entries(found)) assert.deepEqual(rows, wanted, `${where}, ${form}`)
}

/// What SQL is asked when the town has stopped: spans and what stood in them.
const for_sql: { datastream: number; from: number; to: number; rows: Rows }[] = []

await report.test('random spans of places that are open', async () => {
    const { places } = await json(`${town.url}/api/v1/places`, {})
    const streams = (await json(`${sta}/Datastreams?$select=id&$expand=ObservedProperty($select=name),Observations($top=1;$orderby=phenomenonTime desc)&$top=1000`, {})).value
    let compared = 0
    for (let question = 0; question < 24; ++question) {
        const place = places[below(places.length)]
        const condition = place.conditions[below(place.conditions.length)]
        const series = `${town.url}/api/v1/places/${place.slug}/series`
        const to = Date.now() - below(20 * 86400) * 1000
        const from = to - (1 + below(9 * 86400)) * 1000
        const span = `from=${new Date(from).toISOString()}&to=${new Date(to).toISOString()}`
        const answer = await json(`${series}?property=${condition.property}&resolution=raw&${span}`, {})
        if (answer.next) continue  // more than one answer of this API holds
        const rows: Rows = answer.readings.map((one: any) => row(one.time, one.value))
        // Which datastream that is, nobody outside needs to know; it is the one of this property that has these readings.
        const filter = `$filter=phenomenonTime ge ${new Date(from).toISOString()} and phenomenonTime lt ${new Date(to).toISOString()}&$orderby=phenomenonTime`
        const same = []
        for (const one of streams.filter((one: any) => one.ObservedProperty.name === condition.property)) {
            const found = await forms(`${sta}/Datastreams(${one['@iot.id']})/Observations?${filter}`, {})
            if (JSON.stringify(found.entities) === JSON.stringify(rows)) same.push([one['@iot.id'], found])
        }
        assert.ok(same.length > 0, `no datastream has what ${series} gives for ${condition.property}, ${span}`)
        if (rows.length === 0) continue
        assert.equal(same.length, 1)
        const [datastream, found] = same[0] as [number, Record<string, Rows>]
        all_alike(found, rows, `${place.slug} ${condition.property} ${span}`)
        const csv = (await text(`${series}.csv?property=${condition.property}&${span}`, {})).trim().split(/\r?\n/).slice(1)
        assert.deepEqual(csv.map((line) => row(line.split(',')[0]!, line.split(',')[1]!)), rows)
        for_sql.push({ datastream, from: from * 1000, to: to * 1000, rows })
        compared += rows.length
    }
    assert.ok(compared > 500, `${compared} readings`)
})

await report.test('random readings, sent by every way in and told as they come', async () => {
    const post = (path: string, body: unknown) =>
        fetch(town.url + path, { method: 'POST', headers: { ...headers, 'Content-Type': 'application/json' }, body: JSON.stringify(body) })
    const made = await post('/sta/v1.1/Datastreams', {
        name: 'random', description: 'd', observationType: 'http://www.opengis.net/def/observationType/OGC-OM/2.0/OM_Measurement',
        unitOfMeasurement: { name: 'm', symbol: 'm', definition: 'm' },
        Thing: { name: 't', description: 't', Locations: [{ name: 'l', description: 'l', encodingType: 'application/geo+json', location: { type: 'Point', coordinates: [10.2, 59.7] } }] },
        ObservedProperty: { name: 'o', definition: 'http://example.org/o', description: 'o' },
        Sensor: { name: 's', description: 's', encodingType: 'text/plain', metadata: 's' },
    })
    assert.equal(made.status, 201, await made.clone().text())
    const datastream = Number(/\((\d+)\)$/.exec(made.headers.get('Location')!)![1])
    const told = new Map<number, number>()
    const client = await mqtt.connectAsync(`mqtt://127.0.0.1:${port}`, { username: 'x', password: key })
    client.on('message', (_topic, payload) => {
        const one = JSON.parse(payload.toString())
        told.set(micros(one.phenomenonTime), one.result)
    })
    await client.subscribeAsync(`v1.1/Datastreams(${datastream})/Observations`, { qos: 1 })

    const sent = new Map<number, number>()
    const values = [() => below(2000) - 1000, () => (below(20000) - 10000) / 100, () => random() * 1e-9, () => -random() * 1e12, () => random(), () => 0]
    const begin = Date.now() - 40 * 86400_000
    /// A reading that is new: sent twice with two values it would be a correction.
    const fresh = () => {
        let time = begin + below(30 * 86400) * 1000 + (below(3) === 0 ? below(1000) : 0)
        while (sent.has(time * 1000)) time += 1
        const value = values[below(values.length)]!()
        sent.set(time * 1000, value)
        return { time: new Date(time).toISOString(), value }
    }
    for (let message = 0; message < 60; ++message) {
        const several = Array.from({ length: 1 + below(20) }, fresh)
        const way = below(4)
        if (way === 0) {
            for (const { time, value } of several) {
                assert.equal((await post(`/sta/v1.1/Datastreams(${datastream})/Observations`, { phenomenonTime: time, result: value })).status, 201)
            }
        } else if (way === 1) {
            const rows = several.map(({ time, value }) => [time, value])
            const answer = await post('/sta/v1.1/CreateObservations', [{ Datastream: { '@iot.id': datastream }, components: ['phenomenonTime', 'result'], dataArray: rows }])
            assert.equal(answer.status, 201, await answer.clone().text())
        } else if (way === 2) {
            const answer = await post('/ingest/observations', { observations: several.map((one) => ({ datastream, ...one })) })
            assert.equal((await answer.json()).rejected, 0)
        } else {
            for (const { time, value } of several) {
                await client.publishAsync(`v1.1/Datastreams(${datastream})/Observations`, JSON.stringify({ phenomenonTime: time, result: value }), { qos: 1 })
            }
        }
    }
    const in_order = (rows: Map<number, number>): Rows => [...rows].sort(([a], [b]) => a - b)
    const wanted = in_order(sent)
    const address = `${sta}/Datastreams(${datastream})/Observations`
    all_alike(await forms(`${address}?$orderby=phenomenonTime`, headers), wanted, 'all of them')
    await until(async () => told.size, (count) => count === sent.size, 60)
    assert.deepEqual(in_order(told), wanted, 'MQTT')
    await client.endAsync()
    for (let question = 0; question < 12; ++question) {
        const from = wanted[below(wanted.length)]![0]
        const to = wanted[below(wanted.length)]![0]
        const least = wanted[below(wanted.length)]![1]
        const between = wanted.filter(([time, value]) => time >= from && time < to && value >= least)
        const at = (time: number) => new Date(time / 1000).toISOString()
        const filter = `$filter=phenomenonTime ge ${at(from)} and phenomenonTime lt ${at(to)} and result ge ${least}`
        all_alike(await forms(`${address}?${filter}&$orderby=phenomenonTime`, headers), between, filter)
    }
    for_sql.push({ datastream, from: wanted[0]![0], to: wanted.at(-1)![0] + 1, rows: wanted })
})

assert.equal(await town.stop(), 0)
await report.test('SQL has the same', () => {
    assert.ok(for_sql.length > 5)
    for (const { datastream, from, to, rows } of for_sql) {
        const sql = `SELECT epoch_us(time) AS us, value FROM observations WHERE datastream = ${datastream} AND epoch_us(time) >= ${from} AND epoch_us(time) < ${to} ORDER BY time`
        const printed = execFileSync(program, ['query', '--data', data, '--format', 'json', sql], { encoding: 'utf8', maxBuffer: 1 << 28 })
        const found = printed.trim().split('\n').filter((line) => line !== '').map((line) => JSON.parse(line)).map(({ us, value }) => [Number(us), Number(value)])
        assert.deepEqual(found, rows, sql)
    }
})
remove(data)
report.end()
