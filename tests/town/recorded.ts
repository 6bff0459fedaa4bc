/// Nine days of recorded ChirpStack events through the real way in: every one is accounted for, kind by kind.
import { strict as assert } from 'node:assert'
import { existsSync, readFileSync } from 'node:fs'
import { zstdDecompressSync } from 'node:zlib'
import { folder, make_token, remove, Report, start, until } from './town.ts'

const recording = '../shared/data/lorawan/chirpstack_v4_uplinks_yellowknife_part1.jsonl.zst'
const report = new Report('town_recorded')
if (!existsSync(recording)) {
    report.skip('the recorded events', 'needs ../shared/data/lorawan')
    report.end()
}

/// What ChirpStack called the event: it stands in the URL, which the recording does not have.
function kind_of(event: any): string {
    if ('fCnt' in event) return 'up'
    if ('margin' in event) return 'status'
    return 'code' in event ? 'log' : 'join'
}
const lines = zstdDecompressSync(readFileSync(recording)).toString('utf8').trim().split('\n')
const kinds = new Map<string, string[]>([['join', []], ['up', []], ['status', []], ['log', []]])
for (const line of lines) kinds.get(kind_of(JSON.parse(line)))!.push(line)

const data = folder()
const town = await start(['serve', '--data', data, '--listen', '127.0.0.1:0'])
const key = { Authorization: `Bearer ${make_token(data, 'ingest')}` }
const admin = { Authorization: `Bearer ${make_token(data, 'admin')}` }

type Account = Record<'received' | 'stored' | 'duplicate' | 'quarantined' | 'rejected', number>
async function account(): Promise<Account> {
    const text = await until(
        async () => (await fetch(`${town.url}/metrics`, { headers: admin })).text(),
        (metrics) => !/bypuls_ingest_in_flight\{source="chirpstack"\} [1-9]/.test(metrics),
        120,
    )
    const read = (name: string) => Number(text.match(new RegExp(`bypuls_ingest_${name}_total\\{source="chirpstack"\\} (\\d+)`))?.[1] ?? 0)
    return { received: read('received'), stored: read('stored'), duplicate: read('duplicate'), quarantined: read('quarantined'), rejected: read('rejected') }
}
/// What one device sent, in its order; devices side by side, as a network server sends. What the account grew by.
async function send(kind: string, events: string[]): Promise<Account> {
    const before = await account()
    const devices = [...Map.groupBy(events, (event) => JSON.parse(event).deviceInfo?.devEui).values()].sort((a, b) => b.length - a.length)
    const take_turns = async () => {
        for (let own = devices.shift(); own; own = devices.shift()) {
            for (const body of own) {
                const answer = await fetch(`${town.url}/ingest/chirpstack?event=${kind}`, { method: 'POST', headers: { ...key, 'Content-Type': 'application/json' }, body })
                assert.equal(answer.status, 204, `${kind}: ${await answer.text()}\n${body}`)
            }
        }
    }
    await Promise.all(Array.from({ length: 8 }, take_turns))
    const after = await account()
    return Object.fromEntries(Object.entries(after).map(([name, n]) => [name, n - before[name as keyof Account]])) as Account
}
const law = (grown: Account) => assert.equal(grown.received, grown.stored + grown.duplicate + grown.quarantined + grown.rejected)

await report.test('the recording holds 9 234 events of four kinds', () => {
    assert.equal(lines.length, 9234)
    assert.deepEqual([...kinds].map(([kind, events]) => [kind, events.length]), [['join', 31], ['up', 9119], ['status', 75], ['log', 9]])
})
for (const [kind, events] of kinds) {
    await report.test(`${kind}: received is stored, duplicate, quarantined and rejected`, async () => {
        const grown = await send(kind, events)
        law(grown)
        assert.equal(grown.received, events.length)
        assert.equal(grown.rejected, 0)
        // Nobody has adopted these devices: what they measured waits in the inbox, and the rest is kept as it is.
        if (kind === 'up') assert.deepEqual([grown.stored, grown.quarantined + grown.duplicate], [0, events.length])
        else assert.deepEqual([grown.quarantined, grown.stored + grown.duplicate], [0, events.length])
    })
}
// The recording is older than the seven days for which frames are remembered by their own time, so some are known again and
// others are not: each is accounted for all the same.
await report.test('sent again, every one is accounted for', async () => {
    for (const [kind, events] of kinds) {
        const grown = await send(kind, events)
        law(grown)
        assert.deepEqual([grown.received, grown.rejected], [events.length, 0], kind)
    }
})
await report.test('after a restart the account is the same', async () => {
    const before = await account()
    assert.equal(before.received, 2 * lines.length)
    assert.equal(await town.stop(), 0)
    const again = await start(['serve', '--data', data, '--listen', '127.0.0.1:0'])
    const text = await (await fetch(`${again.url}/metrics`, { headers: admin })).text()
    assert.match(text, new RegExp(`bypuls_ingest_received_total\\{source="chirpstack"\\} ${before.received}\\b`))
    assert.match(text, new RegExp(`bypuls_ingest_quarantined_total\\{source="chirpstack"\\} ${before.quarantined}\\b`))
    await again.stop()
})
remove(data)
report.end()
