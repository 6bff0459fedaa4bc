/// Lighthouse on pages of the demonstration town, as on a phone: scores of performance, accessibility, best practices and search.
///   tools/node tools/lighthouse/run.ts [PATH ...]        BYPULS_PROGRAM=build/release/bypuls
/// Fetches Lighthouse from npm the first time (pinned in package-lock.json beside this). Not part of ./test: its figures are
/// times, and a busy machine would fail it. Exit code 1 when a score is below 95, or when
/// a page could not be measured; the others are all the same.
import { execFileSync, spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { folder, remove, start } from '../../tests/town/town.ts'

const here = dirname(fileURLToPath(import.meta.url))
const cli = join(here, 'node_modules/lighthouse/cli/index.js')
if (!existsSync(cli)) execFileSync('npm', ['ci', '--ignore-scripts', '--no-audit', '--no-fund'], { cwd: here, stdio: 'inherit' })

const paths = process.argv.length > 2 ? process.argv.slice(2) : ['/bading', '/bading/landfalltjern', '/bading/landfalltjern/historikk']
const least = 95
const data = folder()
const out = mkdtempSync(join(tmpdir(), 'lighthouse-'))
const town = await start(['demo', '--data', data, '--listen', '127.0.0.1:0'])
let low = false
const failed: string[] = []
console.log('page | performance | accessibility | best practices | SEO | first paint | largest paint | shift | blocking')
for (const [i, path] of paths.entries()) {
    const report = join(out, `${i}.json`)
    const ran = spawnSync(
        process.execPath,
        [cli, town.url + path, '--quiet', '--output=json', `--output-path=${report}`, '--chrome-flags=--no-sandbox --disable-gpu --disable-dev-shm-usage'],
        { stdio: ['ignore', 'inherit', 'inherit'], env: { ...process.env, CHROME_PATH: process.env.CHROMIUM ?? '/usr/bin/chromium-headless-shell' } },
    )
    if (ran.status !== 0 || !existsSync(report)) {
        failed.push(path)
        console.log(`${path} | could not be measured`)
        continue
    }
    const { categories, audits } = JSON.parse(readFileSync(report, 'utf8'))
    const scores = ['performance', 'accessibility', 'best-practices', 'seo'].map((name) => Math.round(categories[name].score * 100))
    const shown = ['first-contentful-paint', 'largest-contentful-paint', 'cumulative-layout-shift', 'total-blocking-time'].map((name) => audits[name].displayValue)
    low ||= scores.some((score) => score < least)
    console.log([path, ...scores, ...shown].join(' | '))
    for (const { id, title, score, scoreDisplayMode } of Object.values<any>(audits)) {
        if (score !== null && score < 0.9 && scoreDisplayMode !== 'informative') console.log(`  ${id} ${score}: ${title}`)
    }
}
await town.stop()
remove(data)
rmSync(out, { recursive: true, force: true })
if (failed.length > 0) console.log(`not measured, since Lighthouse failed: ${failed.join(', ')}`)
process.exit(low || failed.length > 0 ? 1 : 0)
