/// Pictures of pages at 320, 768 and 1440 px, light and dark, nb and en, to be looked at.
///   npm run pictures -- --url http://127.0.0.1:8080 --to FOLDER [PATH ...]
///   npm run pictures -- --specimens FOLDER_OF_PAGES --to FOLDER [PATH ...]
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { type Look, open_browser, open_reader } from './browser.ts'
import { address_of, serve_specimens } from './specimens.ts'

const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { url: { type: 'string' }, specimens: { type: 'string' }, to: { type: 'string', default: 'web/e2e/pictures' }, widths: { type: 'string', default: '320,768,1440' }, languages: { type: 'string', default: 'nb,en' }, schemes: { type: 'string', default: 'light,dark' } },
})
const server = values.specimens ? await serve_specimens(values.specimens) : undefined
const base = server ? address_of(server) : values.url
if (!base) throw new Error('give --url or --specimens')
const paths = positionals.length > 0 ? positionals : ['/', '/bading/landfalltjern', '/status', '/finnes-ikke']
mkdirSync(values.to, { recursive: true })

const browser = await open_browser()
for (const language of values.languages.split(',') as Look['language'][]) {
    for (const scheme of values.schemes.split(',') as Look['scheme'][]) {
        for (const width of values.widths.split(',').map(Number)) {
            const reader = await open_reader(browser, base, { width, scheme, language })
            const page = await reader.newPage()
            page.on('console', (message) => message.type() === 'error' && console.log(`${page.url()}: ${message.text()}`))
            for (const path of paths) {
                await page.goto(path, { waitUntil: 'load' })
                await page.evaluate(() => document.fonts.ready)
                if (path.startsWith('/staff')) await page.waitForSelector('.staff-header, input[type=password]')
                if (path.startsWith('/staff') && (await page.locator('input[type=password]').count()) > 0) {
                    await page.fill('input[name=name]', 'kari')
                    await page.fill('input[name=password]', 'en lang setning')
                    await page.press('input[name=password]', 'Enter')
                    await page.waitForSelector('.staff-header')
                }
                if (process.env.PRESS) await page.locator(process.env.PRESS).click({ timeout: 3000 }).catch(() => undefined)
                // Let islands that come into view draw themselves.
                for (const island of await page.locator('[data-island]').all()) await island.scrollIntoViewIfNeeded().catch(() => undefined)
                await page.evaluate(() => scrollTo(0, 0))
                await page.waitForLoadState('networkidle', { timeout: 2000 }).catch(() => undefined)
                const name = `${path.replace(/[^a-z0-9]+/gi, '_').replace(/^_|_$/g, '') || 'home'}.${language}.${scheme}.${width}.png`
                await page.screenshot({ path: join(values.to, name), fullPage: true })
            }
            await reader.close()
        }
    }
}
await browser.close()
server?.close()
