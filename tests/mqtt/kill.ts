/// The town and the brokers that it fetches from are killed at random while clients publish numbered readings that carry no time of
/// their own, so that nothing but MQTT's promises keeps them apart. QoS 1: what was acknowledged is there. QoS 2: what was
/// acknowledged is there once. What was refused and acknowledged has one dead letter. BYPULS_CYCLES says how often to kill, BYPULS_SEED replays the choices.
///
/// Whose promise is counted depends on who is killed how:
///
///  - Publishers straight to the town have the town's word. They lose nothing and, with QoS 2, stand once, whoever is killed.
///  - "far" is a mosquitto that is stopped in order: it writes its file before it ends. So its word to a publisher holds from end to
///    end, and is counted from end to end.
///  - "rough" is a mosquitto that is killed outright. It writes its file now and then (autosave_interval), not before it
///    acknowledges: what it had taken since is lost with its word, and what the town had acknowledged since it sends again, as a
///    new message under another number. Neither can be held to us. So a tap between the two hears what mosquitto
///    sent and what the town acknowledged, and these are held to us: what the town acknowledged is there; with QoS 2 it stands at
///    most as often as mosquitto sent it as a new message (without DUP); and a mosquitto that has forgotten our session and counts
///    from 1 again is fetched from as before: what it sends is neither taken for what it sent before it forgot, nor left behind.
import { strict as assert } from 'node:assert'
import { execFileSync } from 'node:child_process'
import { join } from 'node:path'
import { folder, make_token, remove, Report, until, type Town } from '../town/town.ts'
import { Publisher, random_from } from './publisher.ts'
import { Tap } from './tap.ts'
import { free_port, metric, Mosquitto, mosquitto_program, pause, query, serve } from './towns.ts'

const cycles = Number(process.env.BYPULS_CYCLES ?? 12)
const random = random_from(Number(process.env.BYPULS_SEED ?? 20261125))
const report = new Report('mqtt_kill')
const where = folder()
const port = await free_port()
const far_port = await free_port()
const token = make_token(join(where, 'data'), 'ingest,read,admin')
assert(mosquitto_program, 'mosquitto is installed (packages.txt, [test])')
const mosquitto = new Mosquitto(where, far_port)
await mosquitto.start()
const rough_port = await free_port()
const rough_mosquitto = new Mosquitto(where, rough_port, 40)
await rough_mosquitto.start()
const tap = await Tap.before(rough_port)

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
[[mqtt.bridge]]
name = "rough"
host = "127.0.0.1"
port = ${tap.port}
kind = "lines"
topics = ["far/#"]
qos = 2
`)

/// What nothing can be made of, so that a dead letter is all that is left of it.
const nonsense = (name: string, number: number) => `${name} =${number}`
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

let town = await start()
const near = [
    new Publisher('near1', port, 'ingest/lines', 1, 4, token),
    new Publisher('near2', port, 'ingest/lines', 2, 4, token),
    new Publisher('near1new', port, 'ingest/lines', 1, 5, token),
    new Publisher('near2new', port, 'ingest/lines', 2, 5, token),
    new Publisher('sta1', port, await add_datastream('sta1'), 1, 5, token, observation),
    new Publisher('sta2', port, await add_datastream('sta2'), 2, 4, token, observation),
    new Publisher('sta2new', port, await add_datastream('sta2new'), 2, 5, token, observation),
]
// Of the old version, which is told nothing of why: acknowledged is acknowledged.
const refused = [new Publisher('refused1', port, 'ingest/lines', 1, 4, token, nonsense), new Publisher('refused2', port, 'ingest/lines', 2, 4, token, nonsense)]
const far = [new Publisher('far1', far_port, 'far/a', 1, 4), new Publisher('far2', far_port, 'far/a', 2, 5)]
const rough = [new Publisher('rough1', rough_port, 'far/a', 1, 4), new Publisher('rough2', rough_port, 'far/a', 2, 5)]
const all_up = () => until(async () => Promise.all(['far', 'rough'].map((bridge) => metric(town, token, `bypuls_mqtt_bridge_up{bridge="${bridge}"}`))),
    (up) => up.every((one) => one === 1), 60)

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
        await Promise.all([mosquitto.end('SIGTERM'), rough_mosquitto.end('SIGKILL')])
        await pause(random() * 300)
        await Promise.all([mosquitto.start(), rough_mosquitto.start()])
    }
    if (both < 0.75) town = await start()
}
// Once more when it is certain that both are fetched from: mosquitto has nothing else to forget its place by.
await all_up()
await rough_mosquitto.end('SIGKILL')
await rough_mosquitto.start()
await all_up()
const before_the_last = tap.deliveries.length
await until(async () => tap.deliveries.length, (count) => count > before_the_last + 20, 60)
for (const publisher of [...near, ...refused, ...far, ...rough]) await publisher.finish()
await all_up()
// What mosquitto still holds for us comes now: all that the far ones were acknowledged, however long the town puts some of it off,
// and of the rough ones, whose messages it forgets, until nothing more does.
const come = async ({ name }: Publisher): Promise<number> => {
    const filter = encodeURIComponent(`Datastream/name eq '${name} n'`)
    const answer = await fetch(`${town.url}/sta/v1.1/Observations?$select=distinct:result&$top=0&$count=true&$filter=${filter}`,
        { headers: { Authorization: `Bearer ${token}` } })
    return ((await answer.json()) as { '@iot.count': number })['@iot.count']
}
await until(() => Promise.all(far.map(come)), (counts) => counts.every((count, i) => count >= far[i]!.acknowledged.size), 120)
    .catch(() => console.log('in two minutes not all has come that mosquitto acknowledged'))
let before = -1
await until(async () => {
    const now = await metric(town, token, 'bypuls_ingest_stored_total{source="lines"}')
    const still = now === before
    before = now
    await pause(1000)
    return still
}, (still) => still, 60)
const aside = await metric(town, token, 'bypuls_ingest_quarantined_total{source="lines"}')
await report.test('nothing was put aside', () => assert.equal(aside, 0))
assert.equal(await town.stop(), 0)
await mosquitto.end('SIGTERM')
await rough_mosquitto.end('SIGKILL')
tap.end()

/// How often each number of a publisher stands in the store.
const stored_of = (publisher: Publisher): Map<number, number> => new Map(query(where,
    `select o.value as n, count(*) as times from observations o join datastreams d on o.datastream = d.id where d.name = '${publisher.name} n' group by 1`,
).map((row) => [Number(row.n), Number(row.times)]))

for (const publisher of [...near, ...far]) {
    const times = stored_of(publisher)
    console.log(`${publisher.name}: ${publisher.sent} sent, ${publisher.acknowledged.size} acknowledged, ${times.size} stored`)
    await report.test(`${publisher.name}: enough was sent to prove anything`, () => assert(publisher.acknowledged.size > cycles))
    await report.test(`${publisher.name}: nothing acknowledged is missing`, () =>
        assert.deepEqual([...publisher.acknowledged].filter((number) => !times.has(number)), []))
    if (publisher.qos === 2) {
        await report.test(`${publisher.name}: nothing stands twice`, () =>
            assert.deepEqual([...times].filter(([, count]) => count !== 1), []))
    }
}
/// How many dead letters there are of each number.
const letters_of = (publisher: Publisher): Map<number, number> => {
    const found = new Map<number, number>()
    const printed = execFileSync('sqlite3', [join(where, 'data/internal/observations.db'),
        `select payload from ingest_dead_letter where payload like '${publisher.name} =%'`], { encoding: 'utf8', maxBuffer: 1 << 28 })
    for (const row of printed.trim().split('\n')) found.set(Number(row.split('=')[1]), (found.get(Number(row.split('=')[1])) ?? 0) + 1)
    return found
}
for (const publisher of refused) {
    const letters = letters_of(publisher)
    console.log(`${publisher.name}: ${publisher.sent} sent, ${publisher.acknowledged.size} acknowledged, ${letters.size} with a dead letter`)
    await report.test(`${publisher.name}: enough was sent to prove anything`, () => assert(publisher.acknowledged.size > cycles))
    await report.test(`${publisher.name}: whatever was acknowledged has its dead letter`, () =>
        assert.deepEqual([...publisher.acknowledged].filter((number) => !letters.has(number)), []))
    await report.test(`${publisher.name}: and nothing has one that was never sent`, () =>
        assert.deepEqual([...letters.keys()].filter((number) => !Number.isInteger(number) || number < 1 || number > publisher.sent), []))
    await report.test(`${publisher.name}: and no other`, () => assert.deepEqual([...letters].filter(([, count]) => count !== 1), []))
}
for (const publisher of rough) {
    const times = stored_of(publisher)
    const heard = tap.deliveries.filter(({ payload }) => payload.startsWith(`${publisher.name} `))
    const number_of = ({ payload }: { payload: string }) => Number(payload.match(/n=(\d+)i/)![1])
    const taken = new Set(heard.filter(({ acknowledged }) => acknowledged).map(number_of))
    const anew = new Map<number, number>()
    for (const delivery of heard.filter(({ again }) => !again)) anew.set(number_of(delivery), (anew.get(number_of(delivery)) ?? 0) + 1)
    const forgotten = [...publisher.acknowledged].filter((number) => !anew.has(number)).length
    const repeated = [...anew.values()].filter((count) => count > 1).length
    console.log(`${publisher.name}: ${publisher.acknowledged.size} acknowledged by mosquitto, of which it forgot ${forgotten} and sent ${repeated} more than once as new; ${taken.size} acknowledged by the town, ${times.size} stored`)
    await report.test(`${publisher.name}: enough was sent to prove anything`, () => assert(taken.size > cycles))
    await report.test(`${publisher.name}: nothing that the town acknowledged is missing`, () =>
        assert.deepEqual([...taken].filter((number) => !times.has(number)), []))
    if (publisher.qos === 2) {
        await report.test(`${publisher.name}: nothing stands more often than mosquitto sent it as new`, () =>
            assert.deepEqual([...times].filter(([number, count]) => count > Math.max(1, anew.get(number) ?? 0)), []))
    }
}
remove(where)
report.end()
