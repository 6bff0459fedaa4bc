/// What is planted in the internal plane is found nowhere on the public side: no answer, file, log or memory of the process
/// that runs `--plane public`. And what is public gets there within seconds, live.
import { strict as assert } from 'node:assert'
import { closeSync, cpSync, openSync, readdirSync, readFileSync, readSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { folder, make_token, remove, Report, start, start_demonstration, until } from './town.ts'

const canary = 'KANARI-7f3a91-hemmelig'
const data = folder()
const report = new Report('town_planes')
const town = await start_demonstration(data)
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

/// Changes the internal registry as another process of the town would.
const registry = new DatabaseSync(join(data, 'internal/registry.db'))
registry.exec('PRAGMA busy_timeout = 10000')
function change(statement: string, ...values: string[]): void {
    registry.exec('BEGIN IMMEDIATE')
    registry.exec("UPDATE registry_counters SET value = value + 1 WHERE name = 'version'")
    const version = "(SELECT value FROM registry_counters WHERE name = 'version')"
    registry.prepare(statement.replace('SET ', `SET version = ${version}, `)).run(...values)
    registry.exec('COMMIT')
}

/// What is public and what is not stand side by side in the properties of things and streams that residents see.
const marker = 'SYNLIG-4b1c-modell'
const planted = "json_set(properties, '$.internal', ?, '$.public', json_object('model', ?))"
const shown_things = "id IN (SELECT thing FROM registry_datastreams WHERE access = 'public')"
change(`UPDATE registry_things SET properties = ${planted} WHERE ${shown_things}`, canary, marker)
change(`UPDATE registry_datastreams SET properties = ${planted} WHERE access = 'public'`, canary, marker)
change(`UPDATE registry_sensors SET properties = ${planted} WHERE 1`, canary, marker)
change(`UPDATE registry_locations SET properties = ${planted} WHERE 1`, canary, marker)

/// The addresses of the devices behind what residents see, one of them planted here: the others are also in the program
/// itself, which carries the demonstration town.
const address = 'ca4a5ec2e7ca4a01'
change(`UPDATE registry_things SET external_key = ? WHERE id = (SELECT min(id) FROM registry_things WHERE ${shown_things})`, address)
const dev_euis = (registry.prepare('SELECT external_key AS key FROM registry_things UNION SELECT external_key FROM registry_datastream_keys').all() as { key: string }[])
    .map(({ key }) => key.match(/^[0-9a-f]{16}/i)?.[0])
    .filter((key) => key !== undefined)
const secrets = [canary, ...new Set(dev_euis)]

function public_files_hold(text: string): boolean {
    return files_below(join(data, 'public')).some((file) => readFileSync(file).includes(text))
}
await until(async () => public_files_hold(marker), (found) => found, 30)

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
    '/api/v1/staff/inbox', '/api/v1/staff/dead-letters', '/staff', '/api/openapi.json',
    '/sta/v1.1/', '/sta/v1.1/Things?$expand=Datastreams,Locations', '/sta/v1.1/Sensors', '/sta/v1.1/ObservedProperties',
    '/sta/v1.1/FeaturesOfInterest', '/sta/v1.1/Observations?$top=1000&$orderby=phenomenonTime desc']

await report.test('the public process answers readers', async () => {
    const { places } = await (await fetch(`${open.url}/api/v1/places`)).json()
    assert.ok(places.length >= 7)
})
await report.test('the canary is in no public answer', async () => {
    for (const path of paths) {
        const text = await (await fetch(open.url + path)).text()
        for (const secret of secrets) assert.ok(!text.includes(secret), path)
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
await report.test('neither the canary nor the address of a device is in a public file, and the search would find it', () => {
    assert.ok(secrets.length > 5, 'there are devices behind what residents see')
    assert.ok(files_below(join(apart, 'public')).some((file) => readFileSync(file).includes(marker)))
    for (const file of [...files_below(join(data, 'public')), ...files_below(join(apart, 'public'))]) {
        const bytes = readFileSync(file)
        for (const secret of secrets) assert.ok(!bytes.includes(secret), `${secret} in ${file}`)
    }
})
await report.test('the canary is not in the log, nor is the key', () => {
    for (const printed of [open.output(), town.output()]) {
        assert.ok(!printed.includes(canary))
        assert.ok(!printed.includes(token))
    }
})
await report.test('the canary is not in the memory of the public process, and the search would find it', () => {
    const pid = open.process.pid!
    const program = readFileSync(`/proc/${pid}/exe`)
    const kept_apart = secrets.filter((secret) => !program.includes(secret))
    assert.ok(kept_apart.includes(canary) && kept_apart.includes(address))
    assert.ok(memory_of(pid).some((page) => page.includes('landfalltjern')), 'what is public is there')
    for (const secret of kept_apart) assert.ok(!memory_of(pid).some((page) => page.includes(secret)), secret)
})
await report.test('a datastream that is withdrawn is gone from the public files', async () => {
    const name = 'TREKKES-TILBAKE-9c2e'
    const one = "id = (SELECT min(id) FROM registry_datastreams WHERE access = 'public')"
    const { id } = registry.prepare(`SELECT id FROM registry_datastreams WHERE ${one}`).get() as { id: number }
    change(`UPDATE registry_datastreams SET name = ? WHERE id = ${id}`, name)
    await until(async () => public_files_hold(name), (found) => found, 15)
    change(`UPDATE registry_datastreams SET access = 'internal' WHERE id = ${id}`)
    await until(async () => public_files_hold(name), (found) => !found, 15)
})
registry.close()
await open.stop()
await town.stop()
remove(apart)
remove(data)
report.end()
