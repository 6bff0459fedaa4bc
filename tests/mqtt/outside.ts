/// The town fetches from brokers of other makers what ChirpStack 4 and The Things Stack 3 publish there, with clean start off.
/// Both speak MQTT 3.1.1 alone and NATS 2.9 no QoS 2, though the bridges ask for 5 and 2: the town finds out, and says so.
///
/// NATS keeps sessions and messages in files. The town is killed outright at random while a network server publishes: every
/// frame that NATS acknowledged is one reading in the store. Beside the frames go lines without a time of their own, of which QoS 1
/// promises that each stands at least once: NATS sends again under other packet identifiers, and a few that we had acknowledged
/// even without DUP, so nothing tells such a line from another.
///
/// NATS itself lives on: killed outright it now and then forgot a message that it had acknowledged or counted some as waiting that had
/// been fetched, and asked to end it acknowledged what it no longer kept. Brokers that die are those of kill.ts.
///
/// aedes keeps sessions in memory, so of it the network breaks off. Few messages wait meanwhile: it numbers anew from anywhere
/// after each connection, and a number that a waiting message has is given out again.
///
/// BYPULS_CYCLES says how often to kill, BYPULS_SEED replays the choices.
import { strict as assert } from 'node:assert'
import { join } from 'node:path'
import mqtt from 'mqtt'
import { adopt, make_first_account } from '../town/staff.ts'
import { folder, make_token, remove, Report, start_demonstration, until, type Town } from '../town/town.ts'
import { InProcessAedes, Nats, nats_program } from './brokers.ts'
import { chirpstack, chirpstack_topic, degrees, number_of, tts, tts_topic } from './frames.ts'
import { line, Publisher, random_from } from './publisher.ts'
import { metric, query, serve } from './towns.ts'

const cycles = Number(process.env.BYPULS_CYCLES ?? 8)
const random = random_from(Number(process.env.BYPULS_SEED ?? 20261126))
const report = new Report('mqtt_outside')
const where = folder()
const data = join(where, 'data')
// For its codecs and profiles.
await (await start_demonstration(data)).stop()
const token = make_token(data, 'ingest,read,admin')
assert(nats_program, 'nats-server is installed (packages.txt, [test])')
const nats = await Nats.in(where)
const aedes = await InProcessAedes.open()
await nats.start()
await aedes.start()

interface Flow { bridge: string; port: number; kind: string; name: string; topic: string; body: (name: string, number: number) => string | Buffer }
const flows: Flow[] = [
    { bridge: 'nats-chirpstack', port: nats.port, kind: 'chirpstack', name: '5e90000000000101', topic: chirpstack_topic('5e90000000000101'), body: chirpstack },
    { bridge: 'nats-tts', port: nats.port, kind: 'tts', name: '5e90000000000102', topic: tts_topic('5e90000000000102'), body: tts },
    { bridge: 'nats-lines', port: nats.port, kind: 'lines', name: 'timeless', topic: 'far/a', body: line },
    { bridge: 'aedes-chirpstack', port: aedes.port, kind: 'chirpstack', name: '5e90000000000201', topic: chirpstack_topic('5e90000000000201'), body: chirpstack },
    { bridge: 'aedes-tts', port: aedes.port, kind: 'tts', name: '5e90000000000202', topic: tts_topic('5e90000000000202'), body: tts },
]
const of_nats = flows.filter(({ port }) => port === nats.port)
const of_aedes = flows.filter(({ port }) => port === aedes.port)
const start = (): Promise<Town> => serve(where, flows.map(({ bridge, port, kind }) => `
[[mqtt.bridge]]
name = "${bridge}"
host = "127.0.0.1"
port = ${port}
kind = "${kind}"
qos = 2
${kind === 'lines' ? 'topics = ["far/#"]' : ''}
`).join(''))
const of_bridge = (name: string, bridge: string) => metric(town, token, `bypuls_mqtt_bridge_${name}{bridge="${bridge}"}`)
const up = (of: Flow[]) => until(async () => Promise.all(of.map(({ bridge }) => of_bridge('up', bridge))), (all) => all.every((one) => one === 1), 90)
const kill_town = () => new Promise<void>((resolve) => {
    town.process.once('exit', () => resolve())
    town.process.kill('SIGKILL')
})

let town = await start()
await report.test('each bridge finds the version and the QoS that its broker speaks', async () => {
    await up(flows)
    for (const { bridge } of of_nats) assert.equal(await metric(town, token, `bypuls_mqtt_bridge_info{bridge="${bridge}",version="3.1.1",qos="1"}`), 1)
    for (const { bridge } of of_aedes) assert.equal(await metric(town, token, `bypuls_mqtt_bridge_info{bridge="${bridge}",version="3.1.1",qos="2"}`), 1)
    const said = (words: string, bridge: string) => town.output().split('\n').filter((one) => one.includes(words) && one.includes(`bypuls-${bridge}`)).length
    for (const { bridge } of flows) assert.equal(said('will be asked in 3.1.1', bridge), 1)
    assert.equal(said('grants a subscription less', 'nats-chirpstack'), 1)
    assert.equal(said('grants a subscription less', 'aedes-chirpstack'), 0)
})

await report.test('the first frame of each device comes to the inbox, and the device is adopted', async () => {
    const signed = await make_first_account(town)
    for (const { name, port, topic, body } of flows.filter((flow) => flow.kind !== 'lines')) {
        const server = await mqtt.connectAsync(`mqtt://127.0.0.1:${port}`, { protocolVersion: 4 })
        await server.publishAsync(topic, body(name, 0), { qos: 1 })
        await server.endAsync()
        await adopt(town, signed, name, 'elsys-bathing')
    }
})

const aedes_frames = 6
await report.test('aedes: what was published while the network was broken comes afterwards', async () => {
    const send = async (from: number, to: number) => {
        for (const { name, topic, body } of of_aedes) {
            for (let number = from; number <= to; number += 1) await aedes.publish(topic, body(name, number))
        }
    }
    const taken = async (number: number) => {
        for (const { bridge } of of_aedes) await until(() => of_bridge('taken_total', bridge), (count) => count >= number, 60)
    }
    await send(1, 3)
    await taken(4)
    await aedes.break_off()
    await send(4, aedes_frames)
    await aedes.start()
    await taken(1 + aedes_frames)
})

const publishers = new Map(of_nats.map((flow) => [flow, new Publisher(flow.name, flow.port, flow.topic, 1, 4, '', flow.body)]))
/// NATS has acknowledged so many more of each.
const until_acknowledged = async (more: number) => {
    const wanted = [...publishers.values()].map((publisher) => ({ publisher, count: publisher.acknowledged.size + more }))
    await until(async () => wanted.every(({ publisher, count }) => publisher.acknowledged.size >= count), (enough) => enough, 120)
}
await report.test('the town is killed and comes back', async () => {
    for (let cycle = 0; cycle < cycles; cycle += 1) {
        await until_acknowledged(5 + Math.floor(random() * 40))
        await kill_town()
        // What comes while the town is away is NATS's to keep.
        await until_acknowledged(10)
        town = await start()
        if (random() < 0.7) await up(of_nats)
    }
})
for (const publisher of publishers.values()) await publisher.finish()
await report.test('what NATS kept has been fetched, to the last message', async () => {
    await up(of_nats)
    await until(() => nats.waiting(), (left) => left === 0, 120)
    assert.equal(await town.stop(), 0)
})

for (const flow of flows) {
    const publisher = publishers.get(flow)
    const acknowledged = publisher ? [...publisher.acknowledged] : Array.from({ length: aedes_frames }, (_, i) => i + 1)
    const rows = query(where, `select o.value as value, epoch(o.time) as seconds from observations o join datastreams d on o.datastream = d.id where d.name like '%${flow.name}%'`)
    const numbers = rows.map((row) => (flow.kind === 'lines' ? Number(row.value) : number_of(Number(row.seconds))))
    const stored = new Set(numbers)
    console.log(`${flow.bridge}: ${acknowledged.length} acknowledged, ${rows.length} readings of ${stored.size} numbers`)
    if (publisher) await report.test(`${flow.bridge}: enough was sent to prove anything`, () => assert(acknowledged.length > 10 * cycles))
    await report.test(`${flow.bridge}: nothing acknowledged is missing`, () => assert.deepEqual(acknowledged.filter((number) => !stored.has(number)), []))
    if (flow.kind === 'lines') continue
    await report.test(`${flow.bridge}: each reading is what its frame said`, () =>
        assert.deepEqual(rows.filter((row, i) => Math.abs(Number(row.value) - degrees(numbers[i]!)) > 1e-6), []))
    await report.test(`${flow.bridge}: nothing stands twice`, () => assert.equal(rows.length, stored.size))
}
await nats.kill()
await aedes.break_off()
remove(where)
report.end()
