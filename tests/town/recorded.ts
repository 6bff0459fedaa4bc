/// Recorded ChirpStack events through the real way in, by `bypuls replay`: every one is accounted for, what an adopted device
/// measured is stored, and whatever is sent again is known. A small recording of our own, and nine days of real ones where they are.
import { strict as assert } from 'node:assert'
import { execFile } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { promisify } from 'node:util'
import { zstdDecompressSync } from 'node:zlib'
import { adopt, make_first_account } from './staff.ts'
import { folder, make_token, program, remove, Report, start, start_demonstration, until, type Town } from './town.ts'

interface Recording {
    file: string
    /// That of them are adopted before the recording is sent, with the profile that the demonstration town has for their kind.
    adopted: Record<string, string>
    events: number
    /// Uplinks of the adopted ones with a temperature; of the real ones, those in which their makers' own codecs found it.
    readings: number
}
const small: Recording = {
    file: 'tests/data/replay/events.jsonl', adopted: { '5e90000000000001': 'elsys-bathing' }, events: 56, readings: 24,
}
const large: Recording = {
    file: '../shared/data/lorawan/chirpstack_v4_uplinks_yellowknife_part1.jsonl.zst',
    adopted: { '7894e80000027a0a': 'radio-bridge-air', '7894e80000027af8': 'radio-bridge-air' }, events: 9234, readings: 211,
}
const report = new Report('town_recorded')

type Account = Record<'received' | 'stored' | 'duplicate' | 'quarantined' | 'rejected', number>
const law = (grown: Account) => assert.equal(grown.received, grown.stored + grown.duplicate + grown.quarantined + grown.rejected)

/// The demonstration town's codecs and profiles, without its devices.
async function open_town(data: string): Promise<Town> {
    await (await start_demonstration(data)).stop()
    return start(['serve', '--data', data, '--listen', '127.0.0.1:0'])
}

async function account(town: Town, admin: Record<string, string>): Promise<Account> {
    const text = await until(
        async () => (await fetch(`${town.url}/metrics`, { headers: admin })).text(),
        (metrics) => !/bypuls_ingest_in_flight\{source="chirpstack"\} [1-9]/.test(metrics),
        120,
    )
    const read = (name: string) => Number(text.match(new RegExp(`bypuls_ingest_${name}_total\\{source="chirpstack"\\} (\\d+)`))?.[1] ?? 0)
    return { received: read('received'), stored: read('stored'), duplicate: read('duplicate'), quarantined: read('quarantined'), rejected: read('rejected') }
}

async function check(recording: Recording): Promise<void> {
    const text = readFileSync(recording.file)
    const lines = (recording.file.endsWith('.zst') ? zstdDecompressSync(text) : text).toString('utf8').trim().split('\n')
    const named = (what: string) => `${recording.file.split('/').at(-1)}: ${what}`
    const data = folder()
    let town = await open_town(data)
    const token = make_token(data, 'ingest')
    const key = { Authorization: `Bearer ${token}`, 'Content-Type': 'application/json' }
    const admin = { Authorization: `Bearer ${make_token(data, 'admin,read')}` }
    const grows = async (work: () => Promise<unknown>): Promise<Account> => {
        const before = await account(town, admin)
        await work()
        const after = await account(town, admin)
        return Object.fromEntries(Object.entries(after).map(([name, n]) => [name, n - before[name as keyof Account]])) as Account
    }
    /// The command itself; what it says at its end.
    const replay = async () => {
        const { stdout } = await promisify(execFile)(program, ['replay', recording.file, '--to', town.url, '--token', token])
        return JSON.parse(stdout) as { sent: number; accepted: number; refused: number; first_refusal: string | null }
    }
    const stored = async () => (await account(town, admin)).stored

    await report.test(named('its devices are adopted when their first frame waits in the inbox'), async () => {
        const signed = await make_first_account(town)
        for (const [dev_eui, profile] of Object.entries(recording.adopted)) {
            const first = lines.find((line) => line.includes('"fCnt"') && line.includes(dev_eui))!
            const sent = await fetch(`${town.url}/ingest/chirpstack?event=up`, { method: 'POST', headers: key, body: first })
            assert.equal(sent.status, 204)
            await adopt(town, signed, dev_eui, profile)
        }
        // What waited is looked at again by itself.
        await until(stored, (n) => n > 0, 60)
    })
    await report.test(named('bypuls replay sends everything, and every event is accounted for'), async () => {
        const grown = await grows(async () => {
            const said = await replay()
            assert.deepEqual([said.sent, said.accepted, said.refused, said.first_refusal], [lines.length, lines.length, 0, null])
        })
        law(grown)
        assert.equal(lines.length, recording.events)
        assert.deepEqual([grown.received, grown.rejected], [recording.events, 0])
    })
    await report.test(named('what the adopted devices measured is stored, from the frame to the reading'), async () => {
        let readings = 0
        for (const dev_eui of Object.keys(recording.adopted)) {
            const things = await (await fetch(`${town.url}/sta/v1.1/Things?$filter=name eq '${dev_eui}'&$expand=Datastreams($expand=ObservedProperty)`, { headers: admin })).json() as any
            const air = things.value[0].Datastreams.find((one: any) => one.ObservedProperty.name === 'air_temperature')
            const found = await (await fetch(`${town.url}/sta/v1.1/Datastreams(${air['@iot.id']})/Observations?$count=true&$top=1000`, { headers: admin })).json() as any
            readings += found['@iot.count']
            for (const { result } of found.value) assert.ok(result > -40 && result < 60, String(result))
        }
        assert.equal(readings, recording.readings)
    })
    await report.test(named('replayed again, every event is known'), async () => {
        const grown = await grows(replay)
        law(grown)
        assert.deepEqual([grown.received, grown.duplicate], [recording.events, recording.events])
    })
    await report.test(named('after a restart the account is the same'), async () => {
        const before = await account(town, admin)
        assert.equal(await town.stop(), 0)
        town = await start(['serve', '--data', data, '--listen', '127.0.0.1:0'])
        assert.deepEqual(await account(town, admin), before)
    })
    await town.stop()
    remove(data)
}

await check(small)
if (existsSync(large.file)) await check(large)
else report.skip('nine days of recorded events', 'needs ../shared/data/lorawan')
await report.test('a recording that is not there, and a town that refuses, are said', async () => {
    const fails = async (...args: string[]) => promisify(execFile)(program, ['replay', ...args]).then(() => assert.fail('it succeeded'), (fault) => fault)
    const none = await fails('tests/data/replay/none.jsonl', '--to', 'http://127.0.0.1:9', '--token', 'x')
    assert.match(none.stderr, /none\.jsonl/)
    const data = folder()
    const town = await start(['serve', '--data', data, '--listen', '127.0.0.1:0'])
    const refused = await fails(small.file, '--to', town.url, '--token', 'wrong')
    assert.match(refused.stdout + refused.stderr, /\b401\b/)
    assert.equal(JSON.parse(refused.stdout).accepted, 0)
    await town.stop()
    remove(data)
})
report.end()
