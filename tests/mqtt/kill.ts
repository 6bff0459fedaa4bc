/// The town and the broker that it fetches from are killed at random while clients publish numbered readings that carry no
/// time of their own, so that nothing but MQTT's promises keeps them apart. QoS 1: what was acknowledged is there. QoS 2: what
/// was acknowledged is there once. BYPULS_CYCLES says how often to kill, BYPULS_SEED replays the choices.
import { strict as assert } from 'node:assert'
import { join } from 'node:path'
import mqtt, { type MqttClient } from 'mqtt'
import { folder, make_token, remove, Report, until, type Town } from '../town/town.ts'
import { free_port, metric, Mosquitto, mosquitto_program, pause, query, serve } from './towns.ts'

const cycles = Number(process.env.BYPULS_CYCLES ?? 12)
let seed = Number(process.env.BYPULS_SEED ?? 20261125)
/// mulberry32: enough for choosing moments.
function random(): number {
    seed = (seed + 0x6d2b79f5) | 0
    let t = Math.imul(seed ^ (seed >>> 15), 1 | seed)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296
}

const report = new Report('mqtt_kill')
const where = folder()
const port = await free_port()
const far_port = await free_port()
const token = make_token(join(where, 'data'), 'ingest,read,admin')
assert(mosquitto_program, 'mosquitto is installed (packages.txt, [test])')
const mosquitto = new Mosquitto(where, far_port)
await mosquitto.start()

const start = (): Promise<Town> => serve(where, `
[mqtt]
listen = "127.0.0.1:${port}"
[[mqtt.bridge]]
name = "far"
host = "127.0.0.1"
port = ${far_port}
kind = "lines"
topics = ["far/#"]
qos = 2
`)

const line = (name: string, number: number) => `${name} n=${number}i`
const observation = (_name: string, number: number) => `{"result":${number}}`

/// A datastream for a publisher, under the name that its lines would make.
async function add_datastream(publisher: string): Promise<string> {
    const answer = await fetch(`${town.url}/sta/v1.1/Datastreams`, {
        method: 'POST', headers: { Authorization: `Bearer ${token}`, 'Content-Type': 'application/json' },
        body: JSON.stringify({
            name: `${publisher} n`, description: '', observationType: 'http://www.opengis.net/def/observationType/OGC-OM/2.0/OM_Measurement',
            unitOfMeasurement: { name: 'one', symbol: '1', definition: 'ucum:1' },
            Thing: { name: publisher, description: '', Locations: [{ name: 'there', description: '', encodingType: 'application/geo+json', location: { type: 'Point', coordinates: [10.2, 59.7] } }] },
            ObservedProperty: { name: 'n', definition: 'http://example.org/n', description: '' },
            Sensor: { name: 'counter', description: '', encodingType: 'text/plain', metadata: 'counts' },
        }),
    })
    assert.equal(answer.status, 201, await answer.text())
    return `v1.1/${answer.headers.get('location')!.match(/Datastreams\(\d+\)$/)![0]}/Observations`
}

/// Publishes numbers one after another, a few at a time, and remembers which were acknowledged.
class Publisher {
    readonly name: string
    readonly topic: string
    readonly qos: 1 | 2
    readonly body: (name: string, number: number) => string
    readonly acknowledged = new Set<number>()
    sent = 0
    private waiting = 0
    private stopped = false
    private readonly client: MqttClient

    constructor(name: string, to: number, topic: string, qos: 1 | 2, version: 4 | 5, body = line) {
        this.name = name
        this.body = body
        this.topic = topic
        this.qos = qos
        this.client = mqtt.connect(`mqtt://127.0.0.1:${to}`, {
            clientId: name, clean: false, username: 'x', password: token, protocolVersion: version, reconnectPeriod: 50,
            connectTimeout: 5000, ...(version === 5 ? { properties: { sessionExpiryInterval: 3600 } } : {}),
        })
        this.client.on('error', () => undefined)
        void this.run()
    }
    private async run(): Promise<void> {
        while (!this.stopped) {
            if (this.waiting < 8 && this.client.connected) {
                const number = ++this.sent
                this.waiting += 1
                this.client.publish(this.topic, this.body(this.name, number), { qos: this.qos }, (fault) => {
                    this.waiting -= 1
                    if (!fault) this.acknowledged.add(number)
                })
            }
            await pause(3)
        }
    }
    async finish(): Promise<void> {
        this.stopped = true
        await until(async () => this.waiting, (left) => left === 0, 60)
        await this.client.endAsync()
    }
}

let town = await start()
const near = [
    new Publisher('near1', port, 'ingest/lines', 1, 4),
    new Publisher('near2', port, 'ingest/lines', 2, 4),
    new Publisher('near1new', port, 'ingest/lines', 1, 5),
    new Publisher('near2new', port, 'ingest/lines', 2, 5),
    new Publisher('sta1', port, await add_datastream('sta1'), 1, 5, observation),
    new Publisher('sta2', port, await add_datastream('sta2'), 2, 4, observation),
    new Publisher('sta2new', port, await add_datastream('sta2new'), 2, 5, observation),
]
const far = [new Publisher('far1', far_port, 'far/a', 1, 4), new Publisher('far2', far_port, 'far/a', 2, 5)]

for (let cycle = 0; cycle < cycles; cycle += 1) {
    await pause(100 + random() * (random() < 0.2 ? 3000 : 700))
    const both = random()
    if (both < 0.75) {
        await new Promise<void>((resolve) => {
            town.process.once('exit', () => resolve())
            town.process.kill('SIGKILL')
        })
    }
    if (both > 0.55) {
        // Its own promise ends at kill -9: between two writes of its file it forgets. So it is stopped in order.
        await mosquitto.end('SIGTERM')
        await pause(random() * 300)
        await mosquitto.start()
    }
    if (both < 0.75) town = await start()
}
for (const publisher of [...near, ...far]) await publisher.finish()
await until(() => metric(town, token, 'bypuls_mqtt_bridge_up'), (up) => up === 1, 60)
// What mosquitto still holds for us comes now: until nothing more does.
let before = -1
await until(async () => {
    const now = await metric(town, token, 'bypuls_ingest_stored_total{source="lines"}')
    const still = now === before
    before = now
    await pause(1000)
    return still
}, (still) => still, 60)
assert.equal(await town.stop(), 0)
await mosquitto.end('SIGTERM')

for (const publisher of [...near, ...far]) {
    const rows = query(where, `select o.value as n, count(*) as times from observations o join datastreams d on o.datastream = d.id where d.name = '${publisher.name} n' group by 1`)
    const times = new Map(rows.map((row) => [Number(row.n), Number(row.times)]))
    console.log(`${publisher.name}: ${publisher.sent} sent, ${publisher.acknowledged.size} acknowledged, ${times.size} stored`)
    await report.test(`${publisher.name}: enough was sent to prove anything`, () => assert(publisher.acknowledged.size > cycles))
    await report.test(`${publisher.name}: nothing acknowledged is missing`, () =>
        assert.deepEqual([...publisher.acknowledged].filter((number) => !times.has(number)), []))
    if (publisher.qos === 2) {
        await report.test(`${publisher.name}: nothing stands twice`, () =>
            assert.deepEqual([...times].filter(([, count]) => count !== 1), []))
    }
}
remove(where)
report.end()
