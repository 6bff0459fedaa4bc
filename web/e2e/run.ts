/// The errands of residents and staff, in a real browser, on phone and desk, light and dark, in every language.
///   BYPULS_URL=http://127.0.0.1:8080 npm run e2e      on a running program (the demonstration town)
///   BYPULS_SPECIMEN_DIR=FOLDER npm run e2e            on the pages that platform/pages writes as specimens
/// Writes web_e2e.json for the test summary into BYPULS_RESULTS when that is set. BYPULS_STAFF=name:password signs in on a program;
/// BYPULS_INGEST_KEY lets the errand of a device send frames to it.
/// BYPULS_READERS is how many come at once, BYPULS_TIMES=20 tells the longest errands. BYPULS_LOOKS=turn gives each errand a phone's
/// look in turn, and every third the desk too, instead of all looks; on the specimens another turn than on a program, so that what
/// meets both is seen in two languages.
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { stale_build } from './built.ts'
import { type Look, open_browser, open_reader } from './browser.ts'
import { type Errand, errands } from './errands.ts'
import { page_errands } from './page_errands.ts'
import { paper_errands } from './paper_errands.ts'
import { public_errands } from './public_errands.ts'
import { recount_errands } from './recount_errands.ts'
import { search_errands } from './search_errands.ts'
import { address_of, serve_specimens } from './specimens.ts'
import { staff_places_errands } from './staff_places_errands.ts'
import { staff_removal_errands } from './staff_removal_errands.ts'

const specimens = process.env.BYPULS_SPECIMEN_DIR
const server = specimens && !process.env.BYPULS_URL ? await serve_specimens(specimens) : undefined
const base = process.env.BYPULS_URL ?? (server && address_of(server))
if (!base) {
    console.error('Say where the pages are: BYPULS_URL or BYPULS_SPECIMEN_DIR.')
    process.exit(2)
}
const stale = server && stale_build()
if (stale) {
    console.error(stale)
    process.exit(1)
}

/// Every language and both schemes meet the phone; the desk repeats what a wide screen changes.
const looks: Look[] = [
    { width: 320, scheme: 'light', language: 'nb' },
    { width: 320, scheme: 'dark', language: 'nn' },
    { width: 320, scheme: 'light', language: 'en' },
    { width: 1440, scheme: 'dark', language: 'nb' },
]

const results = process.env.BYPULS_RESULTS
if (results) mkdirSync(results, { recursive: true })
const total = { passed: 0, failed: 0, skipped: 0 }
const times: [number, string][] = []
const browser = await open_browser()
const pattern = new RegExp(process.argv[2] ?? '')

async function run(errand: Errand, look: Look): Promise<void> {
    const name = `${errand.name} [${look.width} px, ${look.scheme}, ${look.language}]`
    const reader = await open_reader(browser, base!, look, errand.script ?? true)
    const page = await reader.newPage()
    const began = performance.now()
    const faults: string[] = []
    page.on('pageerror', (fault) => faults.push(String(fault)))
    page.on('console', (message) => /Content Security Policy/.test(message.text()) && faults.push(message.text()))
    try {
        const outcome = await errand.run({ page, look, specimen: server !== undefined })
        if (faults.length > 0) throw new Error(faults.join('\n'))
        total[outcome === 'skip' ? 'skipped' : 'passed'] += 1
    } catch (fault) {
        total.failed += 1
        console.log(`failed: ${name}\n  ${String(fault).split('\n').slice(0, 12).join('\n  ')}`)
        if (results) {
            const picture = join(results, `${name.replace(/[^a-z0-9]+/gi, '_')}.png`)
            await page.screenshot({ path: picture, fullPage: true }).catch(() => undefined)
        }
    } finally {
        times.push([performance.now() - began, name])
        await reader.close()
    }
}

function looks_of(errand: Errand, at: number): Look[] {
    if (errand.once) return looks.slice(0, 1)
    if (process.env.BYPULS_LOOKS !== 'turn') return looks
    const turn = (at + (server ? 1 : 0)) % 3
    return turn === 0 ? [looks[0]!, looks[3]!] : [looks[turn]!]
}

/// Readers come side by side, since each waits for the server and the page most of the time. Errands that change what others see
/// have a device, a profile or a webhook of their own.
const waiting = [...errands, ...staff_places_errands, ...staff_removal_errands, ...public_errands, ...page_errands, ...paper_errands, ...recount_errands, ...search_errands]
    .filter(({ name }) => pattern.test(name))
    .flatMap((errand, at) => looks_of(errand, at).map((look) => ({ errand, look })))
async function take_turns(): Promise<void> {
    for (let next = waiting.shift(); next; next = waiting.shift()) await run(next.errand, next.look)
}
await Promise.all(Array.from({ length: Number(process.env.BYPULS_READERS ?? 3) }, take_turns))
await browser.close()
server?.closeAllConnections()
server?.close()
if (results) writeFileSync(join(results, 'web_e2e.json'), JSON.stringify(total))
if (process.env.BYPULS_TIMES) {
    for (const [ms, name] of times.sort(([a], [b]) => b - a).slice(0, Number(process.env.BYPULS_TIMES))) console.log(`  ${(ms / 1000).toFixed(1)} s ${name}`)
}
console.log(`${total.passed} passed, ${total.failed} failed, ${total.skipped} skipped`)
process.exit(total.failed === 0 && total.passed > 0 ? 0 : 1)
