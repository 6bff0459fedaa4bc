/// What the contract promises when something is full, too much or somewhere else, on a town with small limits: a sender that must
/// wait, a disk without space, a reader from another machine, and a webhook whose messages were given up.
import { strict as assert } from 'node:assert'
import { execFileSync } from 'node:child_process'
import { mkdirSync, readFileSync, rmSync, statfsSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { write_settings } from '../mqtt/towns.ts'
import { ask, type Call } from './openapi.ts'
import { folder, make_token, remove, type Report, start, type Town, until } from './town.ts'

const ways_in: [path: string, query: string, type: string][] = [
    ['/ingest/chirpstack', '?event=up', 'application/json'], ['/ingest/tts', '', 'application/json'], ['/ingest/lines', '', 'text/plain'],
    ['/api/v2/write', '', 'text/plain'], ['/ingest/observations', '', 'application/json'],
]

/// True when there was a disk to fill.
export async function check_limits(report: Report): Promise<boolean> {
    const where = folder()
    const data = join(where, 'data')
    mkdirSync(data, { mode: 0o700 })
    const mounted = mount(data)
    const settings = write_settings(where, '[ingest]\nin_flight = "1 MiB"\n[journal]\nflush_bytes = "64 KiB"\n[webhooks]\nprivate_targets = true\n')
    const town = await start(['serve', '--config', settings, '--data', data])
    const key = { Authorization: `Bearer ${make_token(data, 'ingest')}` }
    const admin = { Authorization: `Bearer ${make_token(data, 'admin,ingest,read')}`, 'Content-Type': 'application/json' }
    try {
        await report.test('more than may be under way is to be sent again later', async () => {
            const body = `{"pad":"${'x'.repeat(2 << 20)}"}`
            for (const [path, query, type] of ways_in) {
                await ask(town.url, { path, url: path + query, method: 'post', status: 503, headers: { ...key, 'Content-Type': type }, body })
            }
        })
        await report.test('whoever guesses at the set-up code waits', async () => {
            const setup = { path: '/api/v1/staff/setup', url: '/api/v1/staff/setup', method: 'post' }
            const guess = { name: 'kari@example.org', password: 'en lang setning om badevann', code: 'AAAAA-AAAAA-AAAAA-AAAAA-AAAAA-AAAAA' }
            const headers = { 'Content-Type': 'application/json', 'Sec-Fetch-Site': 'same-origin' }
            await tire(town.url, { ...setup, status: 429, headers, body: JSON.stringify(guess) })
        })
        await check_webhooks(report, town, data, admin)
        await check_many_webhooks(report, town, admin)
        if (mounted) await check_full_disk(report, town, data, key)
        else report.skip('a full disk', 'needs the right to mount a small disk')
    } finally {
        await town.stop()
        if (mounted) execFileSync('umount', ['--lazy', data])
    }
    await check_settings(report, where)
    await check_elsewhere(report, where)
    remove(where)
    return mounted
}

/// So many tries at once that some must be refused for it, as the contract says.
export async function tire(origin: string, call: Call): Promise<void> {
    const tries = await Promise.allSettled(Array.from({ length: 60 }, () => ask(origin, call)))
    const refused = tries.find(({ status }) => status === 'fulfilled')
    if (!refused) throw (tries[0] as PromiseRejectedResult).reason
}

function mount(path: string): boolean {
    try {
        execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=48m,mode=0700', 'tmpfs', path], { stdio: 'ignore' })
        return true
    } catch {
        return false
    }
}

async function check_full_disk(report: Report, town: Town, data: string, key: Record<string, string>): Promise<void> {
    await report.test('a full disk takes nothing, says so, and is well again when there is space', async () => {
        const ballast = join(data, 'ballast')
        const { bavail, bsize } = statfsSync(data)
        // Less is left than what the town keeps for itself (16 MiB), and enough for what it writes meanwhile.
        execFileSync('fallocate', ['-l', String(bavail * bsize - (8 << 20)), ballast])
        const bodies: Record<string, string> = {
            '/ingest/chirpstack': '{"deduplicationId":"a","deviceInfo":{"devEui":"0e2e00000000c0da"},"devAddr":"0e2e0005","fCnt":1,"fPort":1,"data":"AQ=="}',
            '/ingest/tts': '{"end_device_ids":{"dev_eui":"0E2E00000000C0DA"},"uplink_message":{"f_port":1,"f_cnt":1,"frm_payload":"AQ=="}}',
            '/ingest/observations': '{"observations":[{"datastream":1,"value":1}]}',
        }
        for (const [path, query, type] of ways_in) {
            const body = bodies[path] ?? 'full value=1'
            const call: Call = { path, url: path + query, method: 'post', status: 507, headers: { ...key, 'Content-Type': type }, body }
            await ask(town.url, call)
        }
        await ask(town.url, { path: '/healthz', url: '/healthz', status: 200 })
        await ask(town.url, { path: '/readyz', url: '/readyz', status: 503 })
        rmSync(ballast)
        const lines = { ...key, 'Content-Type': 'text/plain' }
        const again = () => fetch(`${town.url}/ingest/lines`, { method: 'POST', headers: lines, body: 'full value=1' }).then(({ status }) => status)
        await until(again, (status) => status === 204, 60)
        await until(() => fetch(`${town.url}/readyz`), ({ status }) => status === 200, 60)
    })
}

async function check_many_webhooks(report: Report, town: Town, admin: Record<string, string>): Promise<void> {
    await report.test('more webhooks than a town may have are refused, and one taken away makes room', async () => {
        const hooks = '/api/v1/webhooks'
        const body = JSON.stringify({ url: 'https://example.org/hook', datastreams: [1] })
        const make = () => fetch(town.url + hooks, { method: 'POST', headers: admin, body })
        const made: string[] = []
        let answer = await make()
        for (; answer.status === 201; answer = await make()) made.push(((await answer.json()) as { id: string }).id)
        assert.equal(answer.status, 409)
        await ask(town.url, { path: hooks, url: hooks, method: 'post', status: 409, headers: admin, body })
        for (const id of made) assert.equal((await fetch(`${town.url}${hooks}/${id}`, { method: 'DELETE', headers: admin })).status, 204)
        assert.equal((await make()).status, 201)
    })
}

async function check_webhooks(report: Report, town: Town, data: string, admin: Record<string, string>): Promise<void> {
    await report.test('a webhook is told, its deliveries are listed, and what was given up is sent again', async () => {
        let came = 0
        const receiver = createServer((request, response) => {
            request.resume()
            request.on('end', () => {
                came += 1
                response.writeHead(204).end()
            })
        })
        await new Promise<void>((listening) => receiver.listen(0, '127.0.0.1', listening))
        const url = `http://127.0.0.1:${(receiver.address() as AddressInfo).port}/hook`
        const hooks = '/api/v1/webhooks'
        const made = await ask(town.url, { path: hooks, url: hooks, method: 'post', status: 201, headers: admin, body: JSON.stringify({ url, datastreams: [1] }) })

        // A message that was given up a day ago, as it stands in the outbox.
        const outbox = new DatabaseSync(join(data, 'internal/registry.db'))
        outbox.exec('PRAGMA busy_timeout = 10000; PRAGMA wal_autocheckpoint = 0')
        const now = Date.now() * 1000
        outbox.prepare(`INSERT INTO webhooks_messages (id, subscription, event, body, datastream, at, created, next_attempt, attempts, fault, dead, status, reason)
            VALUES (1000000, ?, 'event-1', '{}', 1, ?, ?, ?, 12, 'it answered 500', 1, 500, 'answered')`).run(made.id, now, now, now)
        outbox.close()
        const one = { url: `${hooks}/${made.id}/dead-letters`, path: `${hooks}/{id}/dead-letters`, headers: admin }
        const { items } = await ask(town.url, { ...one, status: 200 })
        assert.deepEqual(items.map(({ id, status, reason }: any) => [id, status, reason]), [[1000000, 500, 'answered']])

        const retry = (id: string, status: number) => ask(town.url, {
            path: `${hooks}/dead-letters/{message}/retry`, url: `${hooks}/dead-letters/${id}/retry`, method: 'post', status, headers: admin,
        })
        await retry('999', 404)
        await retry('1000000', 204)
        await until(async () => came, (times) => times === 1, 60)
        const deliveries = { path: `${hooks}/{id}/deliveries`, headers: admin }
        const told = () => ask(town.url, { ...deliveries, url: `${hooks}/${made.id}/deliveries`, status: 200 })
        const listed = await until(told, (answer) => answer.items.length > 0, 60)
        assert.deepEqual([listed.items[0].received, listed.items[0].status], [true, 204])
        await ask(town.url, { ...deliveries, url: `${hooks}/999/deliveries`, status: 404 })
        await ask(town.url, { ...one, url: `${hooks}/999/dead-letters`, status: 404 })
        const change = { path: `${hooks}/{id}`, method: 'patch', headers: admin }
        await ask(town.url, { ...change, url: `${hooks}/${made.id}`, status: 400, body: '{"active":"yes"}' })
        await ask(town.url, { ...change, url: `${hooks}/999`, status: 404, body: '{"active":false}' })
        receiver.close()
    })
}

/// A journal whose commits are smaller than a page of the disk helps nobody.
async function check_settings(report: Report, where: string): Promise<void> {
    await report.test('a limit that is too small is told by its name', async () => {
        const settings = write_settings(where, '[journal]\nflush_bytes = "1 KiB"\n')
        await assert.rejects(start(['serve', '--config', settings, '--data', join(where, 'refused')]), /journal\.flush_bytes/)
    })
}

/// Whoever comes from another machine, as a proxy that is believed says.
async function check_elsewhere(report: Report, where: string): Promise<void> {
    await report.test('the metrics are for the machine itself, or for a key', async () => {
        const data = join(where, 'elsewhere')
        const settings = write_settings(where, '')
        writeFileSync(settings, readFileSync(settings, 'utf8').replace('[server]', '[server]\ntrusted_proxies = ["127.0.0.1"]'))
        const town = await start(['serve', '--config', settings, '--data', data])
        const far = { 'X-Forwarded-For': '203.0.113.9' }
        await ask(town.url, { path: '/metrics', url: '/metrics', status: 401, headers: far })
        const key = { Authorization: `Bearer ${make_token(data, 'ingest')}` }
        await ask(town.url, { path: '/metrics', url: '/metrics', status: 403, headers: { ...far, ...key } })
        await town.stop()
    })
}
