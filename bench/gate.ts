/// How long the gate takes: from a POST to the internal plane until a separate process of the public plane alone answers with
/// the reading. Prints rows of a Markdown table.
///   BYPULS_PROGRAM=build/bench/bypuls tools/node bench/gate.ts [READINGS]
import { setTimeout as pause } from 'node:timers/promises'
import { folder, make_token, remove, start } from '../tests/town/town.ts'

const times = Number(process.argv[2] ?? 200)
const look_every_ms = 5
const goal_ms = 2000
const data = folder()
const common = ['--data', data, '--listen', '127.0.0.1:0']

const town = await start(['demo', ...common])
const key = make_token(data, 'ingest')
const open = await start(['serve', '--plane', 'public', ...common])

async function ask<T>(path: string): Promise<T> {
    const answer = await fetch(`${open.url}${path}`)
    if (answer.status !== 200) throw new Error(`${path}: ${answer.status} ${await answer.text()}`)
    return (await answer.json()) as T
}

const stream = (await ask<{ value: { '@iot.id': number }[] }>("/sta/v1.1/Datastreams?$filter=ObservedProperty/name eq 'water_temperature'&$top=1")).value[0]!['@iot.id']

/// Milliseconds from before the POST until the acknowledgement, and until the public process tells the reading.
async function send_and_look(number: number): Promise<{ acknowledged: number; seen: number }> {
    const time = new Date().toISOString()
    const began = performance.now()
    const sent = await fetch(`${town.url}/ingest/observations`, {
        method: 'POST',
        headers: { Authorization: `Bearer ${key}`, 'Content-Type': 'application/json' },
        body: JSON.stringify({ observations: [{ datastream: stream, time, value: 15 + (number % 50) / 100 }] }),
    })
    if (!sent.ok) throw new Error(`${sent.status} ${await sent.text()}`)
    const acknowledged = performance.now() - began
    const path = `/sta/v1.1/Datastreams(${stream})/Observations?$filter=phenomenonTime eq ${time}&$select=result`
    while ((await ask<{ value: unknown[] }>(path)).value.length === 0) {
        if (performance.now() - began > 10 * goal_ms) throw new Error(`reading ${number} has not come through`)
        await pause(look_every_ms)
    }
    return { acknowledged, seen: performance.now() - began }
}

const all: { acknowledged: number; seen: number }[] = []
for (let number = 0; number < times; number += 1) {
    // The gate works at its own beat, so readings are sent all over it.
    await pause((number * 61) % 100 * 10)
    all.push(await send_and_look(number))
}
const told = (values: number[]) => {
    const sorted = values.toSorted((a, b) => a - b)
    const at = (part: number) => sorted[Math.ceil(part * sorted.length) - 1]!.toFixed(0)
    return `p50 ${at(0.5)}, p99 ${at(0.99)}, at most ${at(1)} ms`
}
console.log('| what | goal | measured |\n| --- | --- | --- |')
console.log(`| a reading from POST to the answer of a process of the public plane alone, ${times} readings | < ${goal_ms / 1000} s | ${told(all.map(({ seen }) => seen))} |`)
console.log(`| the same until it was acknowledged, on disk | – | ${told(all.map(({ acknowledged }) => acknowledged))} |`)
await open.stop()
await town.stop()
remove(data)
process.exit(0)
