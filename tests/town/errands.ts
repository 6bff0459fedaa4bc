/// The errands of residents and staff (web/e2e) on the demonstration town itself. The looks go by turns, or all with BYPULS_LOOKS=all.
import { spawnSync } from 'node:child_process'
import { mkdirSync, renameSync, existsSync } from 'node:fs'
import { join } from 'node:path'
import { stale_build } from '../../web/e2e/built.ts'
import { folder, make_token, remove, start_demonstration } from './town.ts'

const stale = stale_build()
if (stale) {
    console.error(stale)
    process.exit(1)
}
const data = folder()
const town = await start_demonstration(data)
const code = town.output().match(/\b([0-9A-Z]{5}(?:-[0-9A-Z]{1,5}){5})\b/)?.[1]
const [name, password] = ['kari@example.org', 'en lang setning om badevann']
if (code) {
    const made = await fetch(`${town.url}/api/v1/staff/setup`, {
        method: 'POST', headers: { 'Content-Type': 'application/json', 'Sec-Fetch-Site': 'same-origin' }, body: JSON.stringify({ code, name, password }),
    })
    if (made.status !== 201) console.log(`the first account could not be made: ${made.status} ${await made.text()}`)
}
const results = process.env.BYPULS_RESULTS
const own = results && join(results, 'town')
if (own) mkdirSync(own, { recursive: true })
const ran = spawnSync(process.execPath, ['web/e2e/run.ts'], {
    stdio: 'inherit',
    env: { BYPULS_LOOKS: 'turn', ...process.env, BYPULS_URL: town.url, BYPULS_STAFF: `${name}:${password}`, BYPULS_INGEST_KEY: make_token(data, 'ingest'), ...(own ? { BYPULS_RESULTS: own } : {}) },
})
if (own && existsSync(join(own, 'web_e2e.json'))) renameSync(join(own, 'web_e2e.json'), join(results, 'town_errands.json'))
await town.stop()
remove(data)
process.exit(ran.status ?? 1)
