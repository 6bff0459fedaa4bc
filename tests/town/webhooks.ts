/// The town is killed at random between taking a reading and telling a webhook of it. The receiver gets an event for every
/// reading that was acknowledged, knows repeats by webhook-id, and the account balances. BYPULS_CYCLES says how often to kill,
/// BYPULS_SEED replays the choices.
import { strict as assert } from 'node:assert'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { write_settings } from '../mqtt/towns.ts'
import { folder, make_token, remove, Report, start, start_demonstration, until, type Town } from './town.ts'

const cycles = Number(process.env.BYPULS_CYCLES ?? 8)
let seed = Number(process.env.BYPULS_SEED ?? 20261126)
/// mulberry32: enough for choosing moments.
function random(): number {
    seed = (seed + 0x6d2b79f5) | 0
    let t = Math.imul(seed ^ (seed >>> 15), 1 | seed)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296
}

const report = new Report('town_webhooks')
const where = folder()
const data = join(where, 'data')

// A demonstration town has places with public datastreams; what it measures by itself ends with it.
const demo = await start_demonstration(data)
const known = await (await fetch(`${demo.url}/live?set=Observations`)).body!.pipeThrough(new TextDecoderStream()).getReader().read()
const datastream = Number(/"datastream":(\d+)/.exec(known.value ?? '')?.[1])
assert.ok(datastream > 0, 'the town has a public datastream with a place')
assert.equal(await demo.stop(), 0)

/// What has come, by webhook-id: the readings that the events told of, and how often.
const received = new Map<string, { readings: Set<string>; times: number }>()
let deliveries = 0
const receiver = createServer((request, response) => {
    let body = ''
    request.on('data', (part: Buffer) => (body += part))
    request.on('end', () => {
        deliveries += 1
        const id = String(request.headers['webhook-id'])
        const event = JSON.parse(body) as { id: string; data: { time: string; result: number } }
        assert.equal(event.id, id)
        const seen = received.get(id) ?? { readings: new Set(), times: 0 }
        seen.readings.add(`${event.data.time} ${event.data.result}`)
        seen.times += 1
        received.set(id, seen)
        response.statusCode = deliveries % 90 === 7 ? 500 : 204  // received, but the sender cannot know
        response.end()
    })
})
await new Promise<void>((listening) => receiver.listen(0, '127.0.0.1', listening))
const target = `http://127.0.0.1:${(receiver.address() as AddressInfo).port}/hook`

const settings = write_settings(where, '[webhooks]\nprivate_targets = true\n')
const serve = (): Promise<Town> => start(['serve', '--config', settings, '--data', data])
const headers = { Authorization: `Bearer ${make_token(data, 'admin,ingest,read')}`, 'Content-Type': 'application/json' }

let town = await serve()
const made = await fetch(`${town.url}/api/v1/webhooks`, {
    method: 'POST', headers, body: JSON.stringify({ url: target, description: 'a test', datastreams: [datastream] }),
})
assert.equal(made.status, 201, await made.clone().text())

const begin = Math.floor(Date.now() / 1000) * 1000 - 3 * 3600 * 1000
const acknowledged = new Set<string>()
let sent = 0
async function post(): Promise<void> {
    const number = ++sent
    const time = new Date(begin + number * 1000).toISOString().replace('.000', '')
    try {
        const answer = await fetch(`${town.url}/sta/v1.1/Datastreams(${datastream})/Observations`, {
            method: 'POST', headers, body: JSON.stringify({ result: number + 0.5, phenomenonTime: time }),
        })
        assert.equal(answer.status, 201, await answer.text())
        acknowledged.add(`${time} ${number + 0.5}`)
    } catch (fault) {
        if (fault instanceof assert.AssertionError) throw fault  // else the town was killed under it
    }
}
const gone = (dead: Town) => new Promise<void>((resolve) => dead.process.once('exit', () => resolve()))

await report.test('killed at random, it tells of every reading that it acknowledged, and repeats have their id', async () => {
    for (let cycle = 0; cycle < cycles; ++cycle) {
        // Killed after so many acknowledgements or so many deliveries: amid sending, receiving, settling or noting.
        const acknowledgements = acknowledged.size + 1 + Math.floor(random() * 40)
        const by_deliveries = random() < 0.5 ? deliveries + 1 + Math.floor(random() * 30) : Infinity
        const ended = gone(town)
        const senders = Array.from({ length: 4 }, async () => {
            while (acknowledged.size < acknowledgements && deliveries < by_deliveries) await post()
        })
        await Promise.race(senders)
        town.process.kill('SIGKILL')
        await Promise.all([...senders, ended])
        town = await serve()
    }
    const metrics = async () => (await fetch(`${town.url}/metrics`, { headers })).text()
    const value = (text: string, name: string) => Number(new RegExp(`^bypuls_webhooks_${name} (\\d+)$`, 'm').exec(text)?.[1])
    await post()
    const told = () => new Set([...received.values()].flatMap((one) => [...one.readings]))
    await until(async () => told(), (all) => [...acknowledged].every((reading) => all.has(reading)), 180)
    const last = await until(metrics, (text) => value(text, 'waiting') === 0, 60)
    assert.equal(value(last, 'dead'), 0)
    assert.equal(value(last, 'refused_total'), 0)
    assert.equal(value(last, 'taken_total'), value(last, 'delivered_total') + value(last, 'forgotten_total'))

    for (const [id, one] of received) assert.equal(one.readings.size, 1, `${id} tells of one reading`)
    assert.equal(told().size, received.size, 'a reading has one id')
    assert.ok(told().size <= sent)
    assert.ok(acknowledged.size > cycles && received.size >= acknowledged.size)
    const repeats = [...received.values()].filter((one) => one.times > 1).length
    console.log(`${acknowledged.size} acknowledged, ${received.size} told, ${deliveries} deliveries, ${repeats} repeated, ${cycles} kills`)
    assert.ok(repeats > 0, 'an answer that was lost is made up for')
})

await town.stop()
receiver.close()
remove(where)
report.end()
