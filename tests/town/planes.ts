/// What is planted in the internal plane is found nowhere on the public side: no answer, file, log or memory of the process
/// that runs `--plane public`. And what is public gets there within seconds, live.
import { strict as assert } from 'node:assert'
import { closeSync, cpSync, openSync, readdirSync, readFileSync, readSync, rmSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { contract } from './openapi.ts'
import { folder, make_token, remove, Report, start, start_demonstration, until } from './town.ts'

const canary = 'KANARI-7f3a91-hemmelig'
const data = folder()
const report = new Report('town_planes')
const town = await start_demonstration(data)
const token = make_token(data, 'ingest,read')

/// A name, an address, and a datastream of the internal plane with a name, a text and numbers of its own.
const home = 'Kanarigata 4173B'
const internal_stream = 'KANARISTREAM-58d2'
const internal_text = 'KANARIVERDI-a90c'
const internal_numbers = [73219.440617, 51906.882293]
const lines = [
    `person,name=${canary},address=${home.replaceAll(' ', '\\ ')} meter="${internal_text}" 1783245600`,
    ...internal_numbers.map((number, at) => `${internal_stream} litres=${number} ${1783245600 + 60 * at}`),
]
const sent = await fetch(`${town.url}/ingest/lines?precision=s`, {
    method: 'POST', headers: { Authorization: `Token ${token}` }, body: lines.join('\n'),
})
assert.equal(sent.status, 204, await sent.text())
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
// What goes into the file itself needs the checksums that the town writes.
registry.exec('PRAGMA wal_autocheckpoint = 0')
function change(statement: string, ...values: string[]): void {
    registry.exec('BEGIN IMMEDIATE')
    registry.exec("UPDATE registry_counters SET value = value + 1 WHERE name = 'version'")
    const version = "(SELECT value FROM registry_counters WHERE name = 'version')"
    registry.prepare(statement.replace('SET ', `SET version = ${version}, `)).run(...values)
    registry.exec('COMMIT')
}

/// The internal datastreams that the lines made, by what they are known by.
const made = registry.prepare(`SELECT d.id, d.access FROM registry_datastreams d JOIN registry_datastream_keys k ON k.datastream = d.id
    WHERE k.external_key LIKE 'line:person,%' OR k.external_key LIKE 'line:' || ? || ':%'`)
const internal_ids = (await until(async () => made.all(internal_stream) as { id: number; access: string }[], (rows) => rows.length === 2, 60))
    .map(({ id, access }) => {
        assert.equal(access, 'internal')
        return id
    })
change(`UPDATE registry_datastreams SET description = ? WHERE id IN (${internal_ids})`, canary)
const own_view = { headers: { Authorization: `Bearer ${token}` } }
for (const id of internal_ids) {
    const ask = async () => (await fetch(`${town.url}/sta/v1.1/Datastreams(${id})/Observations`, own_view)).json() as Promise<any>
    await until(ask, (answer) => answer.value?.length > 0, 60)
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
/// The key as it was shown, and as what is kept of it.
const key_hashes = (registry.prepare('SELECT secret FROM identity_api_keys').all() as { secret: string }[]).map(({ secret }) => secret)
assert.ok(key_hashes.length > 0)
const secrets = [
    canary, home, internal_stream, internal_text, token, ...key_hashes, ...internal_numbers.map(String), ...new Set(dev_euis),
]
/// A number as memory and files hold it.
function as_double(number: number): Buffer {
    const bytes = Buffer.alloc(8)
    bytes.writeDoubleLE(number)
    return bytes
}

function public_files_hold(text: string): boolean {
    return files_below(join(data, 'public')).some((file) => bytes_of(file).includes(text))
}
await until(async () => public_files_hold(marker), (found) => found, 60)

function public_ids(): Set<number> {
    const rows = registry.prepare("SELECT id FROM registry_datastreams WHERE access = 'public'").all() as { id: number }[]
    return new Set(rows.map(({ id }) => id))
}

// The public process gets the public folder and nothing else.
const public_then = public_ids()
const apart = folder()
copy_public_files(join(apart, 'public'))
const open = await start(['serve', '--plane', 'public', '--data', apart, '--listen', '127.0.0.1:0'])

function files_below(path: string): string[] {
    return readdirSync(path, { withFileTypes: true }).flatMap((entry) =>
        entry.isDirectory() ? files_below(join(path, entry.name)) : [join(path, entry.name)],
    )
}

/// Of a file that may have been replaced since it was listed.
function bytes_of(file: string): Buffer {
    try {
        return readFileSync(file)
    } catch (error) {
        if ((error as NodeJS.ErrnoException).code === 'ENOENT') return Buffer.alloc(0)
        throw error
    }
}

/// As they are at one moment: the town goes on writing them, so what changed meanwhile is copied anew.
function copy_public_files(to: string): void {
    const from = join(data, 'public')
    const state = () => files_below(from).map((file) => {
        const { ino, size, mtimeNs } = statSync(file, { bigint: true })
        return [file, ino, size, mtimeNs].join(' ')
    }).join('\n')
    for (let same = false; !same;) {
        rmSync(to, { recursive: true, force: true })
        try {
            const before = state()
            cpSync(from, to, { recursive: true })
            same = state() === before
        } catch (error) {
            if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
        }
    }
}

/// Which datastreams have readings in a store.
function block_ids(file: string): Set<number> {
    const store = new DatabaseSync(file, { readOnly: true })
    const rows = store.prepare('SELECT datastream FROM day_block UNION SELECT datastream FROM month_block UNION SELECT datastream FROM version UNION SELECT id FROM datastream').all() as { datastream: number }[]
    store.close()
    return new Set(rows.map(({ datastream }) => datastream))
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

const pages = ['/', '/bading', '/bading/landfalltjern', '/bading/om-malingene', '/utviklere', '/medvirkning', '/status', '/staff', '/api/openapi.json']
const sensorthings = ['', 'Things?$expand=Datastreams,Locations', 'Sensors', 'ObservedProperties', 'Datastreams', 'FeaturesOfInterest', 'HistoricalLocations',
    'Observations?$top=1000&$orderby=phenomenonTime desc', ...internal_ids.flatMap((id) => [`Datastreams(${id})`, `Datastreams(${id})/Observations`])]
const described = Object.entries<any>(contract.paths)
    .filter(([path, { get }]) => get && path !== '/live')
    .map(([path]) => path.replace('{slug}', 'landfalltjern').replace(/\{[^}]+\}/g, '1'))
const paths = [...pages, ...sensorthings.map((path) => `/sta/v1.1/${path}`), ...described, ...internal_ids.map((id) => `/live?datastream=${id}`)]
function holds_secret(text: string): string | undefined {
    return secrets.find((secret) => text.includes(secret))
}

await report.test('the public process answers readers', async () => {
    const { places } = await (await fetch(`${open.url}/api/v1/places`)).json()
    assert.ok(places.length >= 7)
})
for (const [which, asked] of [['the public process', open], ['the town, to someone without a key', town]] as const) {
    await report.test(`nothing that was planted is in an answer of ${which}`, async () => {
        for (const path of paths) {
            const response = await fetch(asked.url + path)
            const answer = JSON.stringify([...response.headers]) + (await response.text())
            assert.equal(holds_secret(answer), undefined, path)
        }
    })
    await report.test(`an internal datastream is not there for ${which}`, async () => {
        for (const id of internal_ids) {
            for (const path of [`/sta/v1.1/Datastreams(${id})`, `/sta/v1.1/Datastreams(${id})/Observations`, `/live?datastream=${id}`]) {
                assert.equal((await fetch(asked.url + path)).status, 404, path)
            }
        }
    })
}
await report.test('the search of answers would find what was planted', async () => {
    const shown = await (await fetch(`${town.url}/sta/v1.1/Datastreams?$top=1000&$expand=Observations($top=5)`, own_view)).text()
    for (const planted of [canary, internal_stream, internal_text, ...internal_numbers.map(String)]) assert.ok(shown.includes(planted), planted)
})
await report.test('the public process takes nothing in', async () => {
    const response = await fetch(`${open.url}/ingest/lines`, { method: 'POST', headers: { Authorization: 'Token none' }, body: 'a b=1' })
    assert.ok([404, 405].includes(response.status), String(response.status))
})
await report.test('the canary reached the internal plane', async () => {
    const reached = async () => files_below(join(data, 'internal')).some((file) => bytes_of(file).includes(canary))
    await until(reached, (found) => found, 60)
})
await report.test('nothing that was planted is in a public file, and the search would find it', () => {
    assert.ok(dev_euis.length > 3, 'there are devices behind what residents see')
    assert.ok(files_below(join(apart, 'public')).some((file) => readFileSync(file).includes(marker)))
    for (const file of [...files_below(join(data, 'public')), ...files_below(join(apart, 'public'))]) {
        const bytes = bytes_of(file)
        for (const secret of secrets) assert.ok(!bytes.includes(secret), `${secret} in ${file}`)
    }
})
await report.test('nothing that was planted is in the log of the public process, and no key in that of the town', () => {
    assert.ok(open.output().includes('serving'))
    assert.equal(holds_secret(open.output()), undefined)
    for (const secret of [canary, home, internal_text, token, ...key_hashes]) assert.ok(!town.output().includes(secret), secret)
})
await report.test('nothing that was planted is in the memory of the public process, and the search would find it', async () => {
    const newest = await (await fetch(`${open.url}/sta/v1.1/Observations?$top=1&$orderby=phenomenonTime desc`)).json() as any
    assert.equal(typeof newest.value[0].result, 'number')
    const program = readFileSync(`/proc/${open.process.pid!}/exe`)
    const kept_apart = secrets.filter((secret) => !program.includes(secret))
    for (const planted of secrets.slice(0, secrets.length - new Set(dev_euis).size)) assert.ok(kept_apart.includes(planted), planted)
    assert.ok(kept_apart.includes(address))
    const sought = [...kept_apart.map((text) => Buffer.from(text)), ...key_hashes.map((hash) => Buffer.from(hash, 'hex')), ...internal_numbers.map(as_double)]
    const memory = memory_of(open.process.pid!)
    const found = (bytes: Buffer) => memory.some((page) => page.includes(bytes))
    assert.ok(found(Buffer.from('landfalltjern')), 'what is public is there')
    assert.ok(found(as_double(newest.value[0].result)), 'and so are the numbers')
    for (const bytes of sought) assert.ok(!found(bytes), bytes.toString())
})
await report.test('a datastream that is withdrawn is gone from the public files', async () => {
    const name = 'TREKKES-TILBAKE-9c2e'
    const one = "id = (SELECT min(id) FROM registry_datastreams WHERE access = 'public')"
    const { id } = registry.prepare(`SELECT id FROM registry_datastreams WHERE ${one}`).get() as { id: number }
    change(`UPDATE registry_datastreams SET name = ? WHERE id = ${id}`, name)
    await until(async () => public_files_hold(name), (found) => found, 60)
    change(`UPDATE registry_datastreams SET access = 'internal' WHERE id = ${id}`)
    await until(async () => public_files_hold(name), (found) => !found, 60)
})
await open.stop()
await town.stop()
// Whoever stops settles, so that everything is in its blocks.
await report.test('the public store has readings of public datastreams alone', () => {
    const internal = block_ids(join(data, 'internal/observations.db'))
    for (const id of internal_ids) assert.ok(internal.has(id), 'the search would find it')
    for (const [folder, allowed] of [[apart, public_then], [data, public_ids()]] as const) {
        const kept = block_ids(join(folder, 'public/observations.db'))
        assert.ok(kept.size > 5)
        for (const id of kept) assert.ok(allowed.has(id), `datastream ${id} in ${folder}`)
    }
})
registry.close()
remove(apart)
remove(data)
report.end()
