/// What must hold on every public page, and what changes on one while it is open.
import { strict as assert } from 'node:assert'
import { gzipSync } from 'node:zlib'
import type { Page } from 'playwright-core'
import type { Errand } from './errands.ts'
import { fits, is_accessible, islands_are_alive } from './checks.ts'

/// One of each kind; those of places and elections are found from the lists that lead to them.
async function public_pages(page: Page): Promise<string[]> {
    const pages = ['/', '/bading', '/bading/om-malingene', '/utviklere', '/medvirkning', '/status', '/sok', '/sok?q=a', '/kontakt', '/tilgjengelighet', '/personvern', '/kilder']
    for (const list of ['/bading', '/medvirkning']) {
        await page.goto(list)
        const own = new URL(page.url()).pathname
        const links = await page.locator('main a').evaluateAll((all) => all.map((link) => new URL(link.getAttribute('href')!, document.baseURI).pathname))
        pages.push(...links.filter((path) => path.startsWith(`${own}/`) && !/\.\w+$/.test(path)))
    }
    const places = pages.filter((path) => /^\/bading\/(?!om-malingene)[a-z0-9-]+$/.test(path))
    return [...new Set([...pages, ...places.slice(0, 2).map((path) => `${path}/historikk`)])]
}

/// What the history of a place is asked for most, and what makes it longest.
function histories_of(place: string): string[] {
    const day = (ago: number) => new Date(Date.now() - ago * 86_400_000).toISOString().slice(0, 10)
    const spans = [0, 2, 3, 6, 14, 29, 99, 365, 700].map((days) => `${place}/historikk?from=${day(days)}&to=${day(0)}`)
    return [`${place}/historikk`, ...spans]
}

/// Scripts that a first visitor of a page fetches with every island alive: their paths, and bytes gzipped.
async function scripts_of(page: Page, path: string): Promise<Map<string, number>> {
    const visit = await page.context().browser()!.newContext({ locale: 'nb-NO', baseURL: new URL(page.url()).origin })
    const fresh = await visit.newPage()
    const scripts = new Map<string, number>()
    const read: Promise<unknown>[] = []
    fresh.on('response', (response) => {
        if (response.request().resourceType() !== 'script') return
        read.push(response.body().then((body) => scripts.set(new URL(response.url()).pathname, gzipSync(body).length)))
    })
    await fresh.goto(path)
    await islands_are_alive(fresh)
    await Promise.all(read)
    await visit.close()
    return scripts
}

export const public_errands: Errand[] = [
    {
        name: 'keep the list of places open, and see its numbers follow in silence',
        once: true,
        run: async ({ page, specimen }) => {
            await page.goto('/bading')
            const state = page.locator('[data-live-state=on]')
            await state.waitFor()
            const numbers = page.locator('[data-entries] > [data-live] [data-live-quantity]')
            assert.ok((await numbers.count()) >= 6)
            // Only the line that tells of the connection is spoken of.
            assert.equal(await page.locator('[data-entries] :is([aria-live], [role=status], [role=alert])').count(), 0)
            if (!specimen) {
                const before = await numbers.first().textContent()
                await numbers.first().evaluate((element) => (element.textContent = '…'))
                // Whoever comes anew is told what is known.
                await page.evaluate(() => window.dispatchEvent(new Event('online')))
                await page.locator('[data-live-quantity]', { hasText: '…' }).waitFor({ state: 'detached' })
                assert.match((await numbers.first().textContent()) ?? '', /\d/, before ?? '')
            }
            await fits(page)
            await is_accessible(page)
        },
    },
    {
        name: 'read the list of places without script',
        once: true,
        script: false,
        run: async ({ page }) => {
            await page.goto('/bading')
            assert.match((await page.locator('[data-live-quantity]').first().textContent()) ?? '', /\d/)
            assert.match((await page.locator('[data-entries] [data-live-age] time').first().textContent()) ?? '', /\S/)
            assert.equal(await page.locator('[data-live-mark]:visible', { hasText: /^$/ }).count(), 0, 'no empty marks')
            assert.equal(await page.locator('[data-live-state]').textContent(), '')
            await fits(page)
        },
    },
    {
        name: 'load little on any public page, and no map where none is shown',
        once: true,
        run: async ({ page, specimen }) => {
            if (specimen) return 'skip'
            const pages = await public_pages(page)
            assert.ok(pages.length >= 14, `${pages.length} pages`)
            for (const path of pages) {
                const scripts = await scripts_of(page, path)
                const bytes = [...scripts.values()].reduce((sum, each) => sum + each, 0)
                assert.ok(bytes <= 200_000, `${path}: ${bytes} B of script gzipped`)
                const maps = [...scripts.keys()].filter((name) => /\/(map-|maplibre)/.test(name))
                assert.deepEqual(maps, [], `${path} has not been asked for a map`)
            }
            // The search would find the map's code where one is opened.
            await page.goto('/bading')
            const island = page.locator('[data-island=places-map]')
            await island.scrollIntoViewIfNeeded()
            await Promise.all([page.waitForRequest((request) => /\/(map-|maplibre)/.test(request.url())), island.locator('button').first().click()])
        },
    },
    {
        name: 'weigh at most 50 kB on any public page, and on every history',
        once: true,
        run: async ({ page, specimen }) => {
            if (specimen) return 'skip'
            const pages = await public_pages(page)
            const places = pages.filter((path) => /^\/bading\/(?!om-malingene)[a-z0-9-]+$/.test(path))
            assert.ok(places.length >= 7, `${places.length} places`)
            let heaviest: [number, string] = [0, '']
            for (const path of [...pages, ...places.flatMap(histories_of)]) {
                const answer = await page.request.get(path)
                assert.equal(answer.status(), 200, path)
                const bytes = (await answer.body()).length
                assert.ok(bytes <= 50_000, `${path}: ${bytes} B of HTML`)
                if (bytes > heaviest[0]) heaviest = [bytes, path]
            }
            console.log(`  heaviest of ${pages.length} public pages and the histories: ${heaviest[1]}, ${heaviest[0]} B`)
        },
    },
    {
        name: 'every page with simulated data says so',
        run: async ({ page, look, specimen }) => {
            if (specimen) return 'skip'
            const said = { nb: 'demonstrasjon', nn: 'demonstrasjon', en: 'demonstration' }[look.language]
            for (const path of await public_pages(page)) {
                await page.goto(path)
                const banner = page.locator('.bp-banner')
                assert.equal(await banner.count(), 1, `${path} has no banner`)
                assert.ok((await banner.textContent())!.includes(said), path)
                assert.ok(await banner.isVisible(), path)
            }
        },
    },
    {
        name: 'read how it is measured',
        run: async ({ page, look, specimen }) => {
            if (specimen) return 'skip'
            await page.goto('/bading/om-malingene')
            assert.equal(await page.locator('html').getAttribute('lang'), look.language)
            assert.ok((await page.locator('main h2').count()) >= 3)
            await fits(page)
            await is_accessible(page)
        },
    },
    {
        name: 'see a number change while the page is open',
        once: true,
        run: async ({ page, specimen }) => {
            const key = process.env.BYPULS_INGEST_KEY
            if (specimen || !key) return 'skip'
            await page.goto('/bading/sota-fjordpark')
            const number = page.locator('[data-live$="/water_temperature"] [data-live-number]').first()
            await islands_are_alive(page)
            const before = Number((await number.textContent())!.replace(',', '.').replace('−', '-'))
            const origin = new URL(page.url()).origin
            // The stream is open when it has told where it stands, so what is posted after that comes by it.
            const answer = await page.request.get(`${origin}/sta/v1.1/Datastreams?$filter=ObservedProperty/name eq 'water_temperature'&$expand=Thing&$top=100`)
            const streams = ((await answer.json()) as { value: { '@iot.id': number; Thing: { name: string } }[] }).value
            const stream = streams.find(({ Thing }) => /sota/i.test(Thing.name))
            assert.ok(stream, 'the place has a datastream that everyone may see')
            const send = async (value: number) => {
                const sent = await page.request.post(`${origin}/ingest/observations`, {
                    headers: { Authorization: `Bearer ${key}` },
                    data: { observations: [{ datastream: stream['@iot.id'], value, time: new Date().toISOString() }] },
                })
                const receipt = (await sent.json()) as { accepted: number }
                assert.deepEqual([sent.status(), receipt.accepted], [200, 1], JSON.stringify(receipt))
            }
            // It has passed the gate when it is here: the page is never loaded again. The demonstration's own device may
            // send a newer one at the same moment; then the next of ours is shown.
            let seen = false
            for (let attempt = 1; attempt <= 10 && !seen; attempt += 1) {
                const value = Math.round((before + 0.3 * attempt) * 10) / 10
                await send(value)
                const hasText = value.toFixed(1).replace('.', ',')
                const shown = page.locator('[data-live$="/water_temperature"] [data-live-number]', { hasText }).first()
                seen = await shown.waitFor({ timeout: 15_000 }).then(() => true, () => false)
            }
            assert.ok(seen, 'a number that was sent is shown')
        },
    },
]
