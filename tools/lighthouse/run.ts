/// Lighthouse on pages of the demonstration town, as on a phone: scores of performance, accessibility, best practices and search.
///   tools/node tools/lighthouse/run.ts [PATH ...]        BYPULS_PROGRAM=build/release/bypuls BYPULS_RUNS=3
/// Without paths it takes every public page. Of several runs it shows the middle of each figure, for a busy machine.
/// Fetches Lighthouse from npm the first time (pinned in package-lock.json beside this). Not part of ./test: its figures are
/// times, and a busy machine would fail it. Exit code 1 when a score is below 95, or when
/// a page could not be measured; the others are all the same. /status asks search engines to stay away, and is not held to that one.
import { execFileSync, spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { folder, remove, start } from '../../tests/town/town.ts'

const here = dirname(fileURLToPath(import.meta.url))
const cli = join(here, 'node_modules/lighthouse/cli/index.js')
if (!existsSync(cli)) execFileSync('npm', ['ci', '--ignore-scripts', '--no-audit', '--no-fund'], { cwd: here, stdio: 'inherit' })

const every = [
    '/bading', '/bading/landfalltjern', '/bading/landfalltjern/historikk', '/medvirkning/etterregning', '/medvirkning/etterregning?valg=leketoy', '/medvirkning/valg', '/sok?q=bad',
    '/utviklere', '/kontakt', '/tilgjengelighet', '/personvern', '/kilder', '/status',
]
const paths = process.argv.length > 2 ? process.argv.slice(2) : every
const runs = Number(process.env.BYPULS_RUNS ?? 1)
const least = 95
const categories = ['performance', 'accessibility', 'best-practices', 'seo']
const times = ['first-contentful-paint', 'largest-contentful-paint', 'cumulative-layout-shift', 'total-blocking-time']
const hidden = ['/status']

interface Report {
    categories: Record<string, { score: number }>
    audits: Record<string, { id: string; title: string; score: number | null; scoreDisplayMode: string; numericValue: number }>
}

const out = mkdtempSync(join(tmpdir(), 'lighthouse-'))

function measure(url: string): Report | undefined {
    const file = join(out, 'report.json')
    rmSync(file, { force: true })
    const ran = spawnSync(
        process.execPath,
        [cli, url, '--quiet', '--output=json', `--output-path=${file}`, '--chrome-flags=--no-sandbox --disable-gpu --disable-dev-shm-usage'],
        { stdio: ['ignore', 'inherit', 'inherit'], env: { ...process.env, CHROME_PATH: process.env.CHROMIUM ?? '/usr/bin/chromium-headless-shell' } },
    )
    return ran.status === 0 && existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as Report) : undefined
}

const middle = (values: number[]): number => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)]!

const data = folder()
const town = await start(['demo', '--data', data, '--listen', '127.0.0.1:0'])
let low = false
const failed: string[] = []
console.log('page | performance | accessibility | best practices | SEO | first paint s | largest paint s | shift | blocking ms')
for (const path of paths) {
    const reports = Array.from({ length: runs }, () => measure(town.url + path)).filter((report) => report !== undefined)
    if (reports.length === 0) {
        failed.push(path)
        console.log(`${path} | could not be measured`)
        continue
    }
    const scores = categories.map((name) => Math.round(100 * middle(reports.map((report) => report.categories[name]!.score))))
    const [first, largest, shift, blocking] = times.map((name) => middle(reports.map((report) => report.audits[name]!.numericValue)))
    low ||= scores.some((score, at) => score < least && !(categories[at] === 'seo' && hidden.includes(path)))
    console.log([path, ...scores, (first! / 1000).toFixed(1), (largest! / 1000).toFixed(1), shift!.toFixed(3), blocking!.toFixed(0)].join(' | '))
    for (const { id, title, score, scoreDisplayMode } of Object.values(reports.at(-1)!.audits)) {
        if (score !== null && score < 0.9 && scoreDisplayMode !== 'informative') console.log(`  ${id} ${score}: ${title}`)
    }
}
await town.stop()
remove(data)
rmSync(out, { recursive: true, force: true })
if (failed.length > 0) console.log(`not measured, since Lighthouse failed: ${failed.join(', ')}`)
process.exit(low || failed.length > 0 ? 1 : 0)
