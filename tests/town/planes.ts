/// What is planted in the internal plane is found nowhere on the public side: no answer, file, log or memory of the process
/// that runs `--plane public`. And what is public gets there within seconds, live.
import { strict as assert } from 'node:assert'
import { closeSync, cpSync, openSync, readdirSync, readFileSync, readSync } from 'node:fs'
import { join } from 'node:path'
import { folder, make_token, remove, Report, start, until } from './town.ts'

const canary = 'KANARI-7f3a91-hemmelig'
const data = folder()
const report = new Report('town_planes')
const town = await start(['demo', '--data', data, '--listen', '127.0.0.1:0'])
const token = make_token(data, 'ingest,read')

/// A name, an address and a key, each in a place of its own: a series, a payload that waits, a reading's text.
await fetch(`${town.url}/ingest/lines?precision=s`, {
    method: 'POST',
    headers: { Authorization: `Token ${token}` },
    body: `person,name=${canary},address=Storgata\\ 1 meter="${canary}" 1783245600`,
})
const frame = {
    deduplicationId: canary, time: '2026-11-22T06:00:00Z', fCnt: 1, fPort: 1, data: 'AQI=', devAddr: '01020304',
    deviceInfo: { devEui: '70b3d5ffff00ca4a', deviceName: canary, applicationName: canary, deviceProfileName: 'x', tenantName: 'x' },
    rxInfo: [], txInfo: { frequency: 868100000 },
}
await fetch(`${town.url}/ingest/chirpstack?event=up`, {
    method: 'POST', headers: { Authorization: `Bearer ${token}`, 'Content-Type': 'application/json' }, body: JSON.stringify(frame),
})

// The public process gets the public folder and nothing else.
const apart = folder()
cpSync(join(data, 'public'), join(apart, 'public'), { recursive: true })
const open = await start(['serve', '--plane', 'public', '--data', apart, '--listen', '127.0.0.1:0'])

function files_below(path: string): string[] {
    return readdirSync(path, { withFileTypes: true }).flatMap((entry) =>
        entry.isDirectory() ? files_below(join(path, entry.name)) : [join(path, entry.name)],
    )
}

/// Every readable page of a process's memory.
function memory_of(pid: number): Buffer[] {
    const pages: Buffer[] = []
    for (const line of readFileSync(`/proc/${pid}/maps`, 'utf8').split('\n')) {
        const range = line.match(/^([0-9a-f]+)-([0-9a-f]+) r/)
        if (!range || /\[v/.test(line)) continue
        const from = Number.parseInt(range[1]!, 16)
        const length = Number.parseInt(range[2]!, 16) - from
        pages.push(read_memory(pid, from, Math.min(length, 256 * 1024 * 1024)))
    }
    return pages
}

function read_memory(pid: number, from: number, length: number): Buffer {
    const file = openSync(`/proc/${pid}/mem`, 'r')
    const bytes = Buffer.alloc(length)
    try {
        const got = readSync(file, bytes, 0, length, from)
        return bytes.subarray(0, got)
    } catch {
        return Buffer.alloc(0) // a page that is mapped and cannot be read
    } finally {
        closeSync(file)
    }
}

const paths = ['/', '/bading', '/bading/landfalltjern', '/api/v1/places', '/api/v1/places/landfalltjern', '/healthz', '/metrics', '/status',
    '/api/v1/staff/inbox', '/api/v1/staff/dead-letters', '/staff', '/api/openapi.json']

await report.test('the public process answers readers', async () => {
    const { places } = await (await fetch(`${open.url}/api/v1/places`)).json()
    assert.ok(places.length >= 7)
})
await report.test('the canary is in no public answer', async () => {
    for (const path of paths) {
        const text = await (await fetch(open.url + path)).text()
        assert.ok(!text.includes(canary), path)
    }
})
await report.test('the public process takes nothing in', async () => {
    const response = await fetch(`${open.url}/ingest/lines`, { method: 'POST', headers: { Authorization: `Token ${token}` }, body: 'a b=1' })
    assert.ok([404, 405].includes(response.status), String(response.status))
})
await report.test('the canary reached the internal plane', async () => {
    const files = files_below(join(data, 'internal'))
    await until(async () => files.some((file) => readFileSync(file).includes(canary)), (found) => found, 15)
})
await report.test('the canary is in no public file', () => {
    for (const file of files_below(join(data, 'public'))) assert.ok(!readFileSync(file).includes(canary), file)
    for (const file of files_below(join(apart, 'public'))) assert.ok(!readFileSync(file).includes(canary), file)
})
await report.test('the canary is not in the log, nor is the key', () => {
    for (const printed of [open.output(), town.output()]) {
        assert.ok(!printed.includes(canary))
        assert.ok(!printed.includes(token))
    }
})
await report.test('the canary is not in the memory of the public process, and the search would find it', () => {
    const pid = open.process.pid!
    assert.ok(memory_of(pid).some((page) => page.includes('landfalltjern')), 'what is public is there')
    assert.ok(!memory_of(pid).some((page) => page.includes(canary)))
})
await open.stop()
await town.stop()
remove(apart)
remove(data)
report.end()
