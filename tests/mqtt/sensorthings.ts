/// The SensorThings MQTT extension as strangers use it: mosquitto_pub and mosquitto_sub, and npm mqtt, at the address that
/// the service root tells. What is published is an observation over HTTP; who may not read the inside is not told of it.
import { strict as assert } from 'node:assert'
import { execFileSync, spawn } from 'node:child_process'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import mqtt, { type ErrorWithReasonCode, type Packet } from 'mqtt'
import { folder, make_token, remove, Report, until } from '../town/town.ts'
import { free_port, metric, serve, until_open } from './towns.ts'

const report = new Report('mqtt_sensorthings')
const where = folder()
const port = await free_port()
const token = make_token(join(where, 'data'), 'ingest,read,admin')
const sender = make_token(join(where, 'data'), 'ingest')
const settings = `
[mqtt]
listen = "127.0.0.1:${port}"
`
let town = await serve(where, settings)
await until_open(port)

const bearer = (key: string) => ({ Authorization: `Bearer ${key}`, 'Content-Type': 'application/json' })
async function post(path: string, body: unknown): Promise<number> {
    const answer = await fetch(`${town.url}/sta/v1.1/${path}`, { method: 'POST', headers: bearer(token), body: JSON.stringify(body) })
    assert.equal(answer.status, 201, await answer.text())
    return Number(answer.headers.get('location')!.match(/\((\d+)\)$/)![1])
}
async function results(datastream: number): Promise<unknown[]> {
    const answer = await fetch(`${town.url}/sta/v1.1/Datastreams(${datastream})/Observations?$select=result&$orderby=result&$top=1000`, { headers: bearer(token) })
    const { value } = (await answer.json()) as { value: { result: unknown }[] }
    return value.map(({ result }) => result)
}
const stream = (name: string) => ({
    name, description: '', observationType: 'http://www.opengis.net/def/observationType/OGC-OM/2.0/OM_Measurement',
    unitOfMeasurement: { name: 'metre', symbol: 'm', definition: 'ucum:m' },
    ObservedProperty: { name: 'level', definition: 'http://example.org/level', description: '' },
    Sensor: { name: 'gauge', description: '', encodingType: 'text/plain', metadata: 'a gauge' },
})
const thing = await post('Things', {
    name: 'well', description: '', Locations: [{ name: 'there', description: '', encodingType: 'application/geo+json', location: { type: 'Point', coordinates: [10.2, 59.7] } }],
})
const inside = await post(`Things(${thing})/Datastreams`, stream('inside'))
const open = await post(`Things(${thing})/Datastreams`, stream('open'))
// Beside the running town, which moves what is in the log into the file, with checksums.
const registry = new DatabaseSync(join(where, 'data/internal/registry.db'))
registry.exec('PRAGMA busy_timeout = 10000; PRAGMA wal_autocheckpoint = 0')
registry.exec('BEGIN IMMEDIATE')
registry.exec("UPDATE registry_counters SET value = value + 1 WHERE name = 'version'")
registry.prepare("UPDATE registry_datastreams SET access = 'public', version = (SELECT value FROM registry_counters WHERE name = 'version') WHERE id = ?").run(open)
registry.exec('COMMIT')
registry.close()
assert.equal(await town.stop(), 0)
town = await serve(where, settings)
await until_open(port)

const pub = (key: string, topic: string, message: unknown, args: string[]) =>
    execFileSync('mosquitto_pub', ['-p', String(port), '-u', 'x', '-P', key, '-t', topic, '-m', JSON.stringify(message), ...args], { encoding: 'utf8', stdio: 'pipe' })

/// Runs mosquitto_sub until so many messages have come; `ready` when it has subscribed.
function sub(topic: string, count: number, args: string[]): { ready: Promise<unknown>; lines: Promise<string[]> } {
    // It keeps what it prints to a pipe for itself until there is much; stdbuf has it told line by line.
    const child = spawn('stdbuf', ['-oL', 'mosquitto_sub', '-p', String(port), '-t', topic, '-C', String(count), '-W', '60', '-d', '-F', 'got %p', ...args], { stdio: ['ignore', 'pipe', 'inherit'] })
    let printed = ''
    let subscribed: (value?: unknown) => void
    const ready = new Promise((resolve) => (subscribed = resolve))
    child.stdout.on('data', (text: Buffer) => {
        printed += text
        if (/Subscribed \(mid/.test(printed)) subscribed()
    })
    const lines = new Promise<string[]>((resolve) =>
        child.once('exit', () => resolve(printed.split('\n').filter((line) => line.startsWith('got ')).map((line) => line.slice(4)))))
    return { ready, lines }
}

await report.test('mosquitto_pub in each version and QoS makes observations', async () => {
    let number = 0
    for (const version of ['mqttv311', 'mqttv5']) {
        for (const qos of ['0', '1', '2']) {
            number += 1
            pub(sender, `v1.1/Datastreams(${inside})/Observations`, { result: number }, ['-V', version, '-q', qos])
        }
    }
    await until(() => results(inside), (all) => all.length === number, 20)
    assert.deepEqual(await results(inside), [1, 2, 3, 4, 5, 6])
})

await report.test('mosquitto_sub is told of what comes over HTTP, as a GET shows it', async () => {
    const heard = sub(`v1.1/Datastreams(${inside})/Observations`, 1, ['-u', 'x', '-P', token, '-V', 'mqttv311', '-q', '1'])
    await heard.ready
    const id = await post(`Datastreams(${inside})/Observations`, { result: 7, phenomenonTime: '2026-06-15T12:00:00Z' })
    const told = JSON.parse((await heard.lines)[0]!) as Record<string, unknown>
    assert.equal(told['@iot.id'], id)
    assert.equal(told['@iot.selfLink'], `${town.url}/sta/v1.1/Observations(${id})`, 'at the port that the town was given')
    assert.equal(told.result, 7)
    assert.equal(told.phenomenonTime, '2026-06-15T12:00:00Z')
})

await report.test('a $filter and a $select in the topic', async () => {
    const heard = sub(`v1.1/Observations?$filter=result gt 100 and Datastream/name eq 'inside'&$select=result`, 2, ['-u', 'x', '-P', token, '-V', 'mqttv5', '-q', '2'])
    await heard.ready
    for (const result of [50, 101, 99, 102]) pub(sender, `v1.1/Datastreams(${inside})/Observations`, { result }, ['-q', '1'])
    assert.deepEqual((await heard.lines).map((line) => JSON.parse(line)), [{ result: 101 }, { result: 102 }])
})

await report.test('sets, entities and properties are told when the registry changes', async () => {
    const reader = await mqtt.connectAsync(`mqtt://127.0.0.1:${port}`, { username: 'x', password: token, protocolVersion: 5 })
    const heard = new Map<string, unknown>()
    reader.on('message', (topic, payload) => heard.set(topic, JSON.parse(payload.toString())))
    const topics = ['v1.1/Things', `v1.1/Things(${thing})`, `v1.1/Things(${thing})/name`]
    await reader.subscribeAsync(topics, { qos: 1 })
    await fetch(`${town.url}/sta/v1.1/Things(${thing})`, { method: 'PATCH', headers: bearer(token), body: '{"name":"the old well"}' })
    await until(async () => heard.size, (count) => count === 3, 20)
    assert.deepEqual([...heard.keys()].sort(), topics.sort())
    assert.deepEqual(heard.get(`v1.1/Things(${thing})/name`), { name: 'the old well' })
    const shown = await (await fetch(`${town.url}/sta/v1.1/Things(${thing})?$select=name,description`, { headers: bearer(token) })).json()
    const { name, description } = heard.get('v1.1/Things') as Record<string, unknown>
    assert.deepEqual({ name, description }, shown)
    await reader.endAsync()
})

await report.test('who brings no key is told of what is public, and of nothing else', async () => {
    const anybody = await mqtt.connectAsync(`mqtt://127.0.0.1:${port}`, { protocolVersion: 5 })
    const heard: unknown[] = []
    anybody.on('message', (_topic, payload) => heard.push((JSON.parse(payload.toString()) as { result: number }).result))
    await anybody.subscribeAsync(['v1.1/Observations', `v1.1/Datastreams(${inside})/Observations`], { qos: 1 })
    pub(sender, `v1.1/Datastreams(${inside})/Observations`, { result: 1000 }, ['-q', '1'])
    pub(sender, `v1.1/Datastreams(${open})/Observations`, { result: 1001 }, ['-q', '1'])
    await until(async () => heard.length, (count) => count > 0, 20)
    assert.deepEqual(heard, [1001])
    await assert.rejects(anybody.subscribeAsync('ingest/#', { qos: 1 }))
    const code = await new Promise<number>((resolve) =>
        anybody.publish(`v1.1/Datastreams(${open})/Observations`, '{"result":1}', { qos: 1 }, (fault) => resolve((fault as ErrorWithReasonCode | undefined)?.code ?? 0)))
    assert.equal(code, 0x87)
    await anybody.endAsync()
})

await report.test('a body that cannot be used is told in a sentence, and is a dead letter', async () => {
    const client = await mqtt.connectAsync(`mqtt://127.0.0.1:${port}`, { username: 'x', password: sender, protocolVersion: 5 })
    const told = new Promise<Packet>((resolve) => client.on('packetreceive', (packet) => packet.cmd === 'puback' && resolve(packet)))
    client.publish(`v1.1/Datastreams(${inside})/Observations`, '{"result":"warm"}', { qos: 1 }, () => undefined)
    const { reasonCode, properties } = (await told) as { reasonCode?: number; properties?: { reasonString?: string } }
    assert.equal(reasonCode, 0x99)
    assert.match(properties?.reasonString ?? '', /number/)
    await until(() => metric(town, token, 'bypuls_ingest_rejected_total{source="sensorthings"}'), (count) => count === 1, 60)
    await client.endAsync()
    // MQTT 3.1.1 has no reasons: it is acknowledged, and the letter tells.
    pub(sender, `v1.1/Datastreams(${inside})/Observations`, { nothing: 1 }, ['-V', 'mqttv311', '-q', '1'])
    await until(() => metric(town, token, 'bypuls_ingest_rejected_total{source="sensorthings"}'), (count) => count === 2, 60)
})

await report.test('a topic that cannot be served is refused with its reason', async () => {
    const client = await mqtt.connectAsync(`mqtt://127.0.0.1:${port}`, { username: 'x', password: token, protocolVersion: 5 })
    const told = new Promise<Packet>((resolve) => client.on('packetreceive', (packet) => packet.cmd === 'suback' && resolve(packet)))
    await client.subscribeAsync('v1.1/Observations?$filter=colour eq 1', { qos: 1 }).catch(() => undefined)
    const { granted, properties } = (await told) as { granted?: number[]; properties?: { reasonString?: string } }
    assert.deepEqual(granted, [0x8f])
    assert.match(properties?.reasonString ?? '', /colour/)
    await client.endAsync()
})

await report.test('the service root tells where MQTT is spoken, and it is', async () => {
    const root = (await (await fetch(`${town.url}/sta/v1.1/`)).json()) as { serverSettings: Record<string, { endpoints: string[] }> & { conformance: string[] } }
    for (const requirement of ['create-observations-via-mqtt/observations-creation', 'receive-updates-via-mqtt/receive-updates']) {
        const uri = `http://www.opengis.net/spec/iot_sensing/1.1/req/${requirement}`
        assert(root.serverSettings.conformance.includes(uri))
        assert.deepEqual(root.serverSettings[uri]!.endpoints, [`mqtt://127.0.0.1:${port}`])
        const client = await mqtt.connectAsync(root.serverSettings[uri]!.endpoints[0]!)
        await client.endAsync()
    }
})

assert.equal(await town.stop(), 0)
remove(where)
report.end()
