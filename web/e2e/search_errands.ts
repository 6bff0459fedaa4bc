/// Whoever knows what it is called and not where it stands: from the header to the page.
import { strict as assert } from 'node:assert'
import type { Page } from 'playwright-core'
import { fits, is_accessible } from './checks.ts'
import type { Errand } from './errands.ts'

const search_on = (page: Page) => page.locator('main form[role=search]')
const found = (page: Page) => page.locator('.bp-found > li > a')
const words = {
    nb: { button: 'Søk', found: /treff på «verksdam»/, nothing: /Ingen treff på «lanfaltjern»/, meant: 'Mente du' },
    nn: { button: 'Søk', found: /treff på «verksdam»/, nothing: /Ingen treff på «lanfaltjern»/, meant: 'Meinte du' },
    en: { button: 'Search', found: /results? for “verksdam”/, nothing: /No results for “lanfaltjern”/, meant: 'Did you mean' },
}

/// From the header: a field on a wide screen, a link to the page that has one on a phone.
async function search_from_header(page: Page, wide: boolean, query: string): Promise<void> {
    if (!wide) {
        await Promise.all([page.waitForURL('**/sok'), page.locator('.bp-search-link').click()])
        assert.equal(await page.evaluate(() => document.activeElement?.id), 'q', 'the field is ready to be written in')
    }
    const field = wide ? page.locator('.bp-header input[type=search]') : page.locator('#q')
    await field.fill(query)
    await Promise.all([page.waitForURL(/\/sok\?q=/), field.press('Enter')])
}

export const search_errands: Errand[] = [
    {
        name: 'search: from the header to a place, by a part of its name',
        run: async ({ page, look, specimen }) => {
            if (specimen) return 'skip'
            await page.goto('/medvirkning/valg')
            await is_accessible(page)
            await fits(page)
            await search_from_header(page, look.width >= 1024, 'verksdam')
            assert.equal(await page.locator('html').getAttribute('lang'), look.language)
            assert.match((await page.locator('main h2').textContent())!, words[look.language].found)
            assert.equal(await page.locator('form[role=search]').count(), 1)
            await is_accessible(page)
            await fits(page)
            const first = found(page).first()
            assert.match((await first.textContent())!, /verksdammen$/)
            await Promise.all([page.waitForURL(/\/bading\/[a-z0-9-]+$/), first.click()])
        },
    },
    {
        name: 'search: places, pages, votes and data, read without script, and the language keeps the words',
        script: false,
        run: async ({ page, look, specimen }) => {
            if (specimen) return 'skip'
            for (const [query, path] of [
                ['personvern gdpr', '/personvern'],
                ['leketoy', '/medvirkning/etterregning?valg=leketoy'],
                ['dodt lop', '/medvirkning/etterregning?valg=likt'],
                ['STROEMSOE', '/medvirkning/etterregning?valg=narmiljo'],
                ['landfalltjern csv', '/bading/landfalltjern/historikk'],
                ['openapi', '/utviklere'],
            ] as const) {
                // What things are called differs between the languages.
                await page.goto(`/sok?q=${encodeURIComponent(query)}&lang=nb`)
                assert.equal(await found(page).first().getAttribute('href'), path, query)
                for (const href of await found(page).evaluateAll((links) => links.map((link) => link.getAttribute('href')!))) {
                    assert.equal((await page.request.get(href)).status(), 200, href)
                }
            }
            await Promise.all([page.waitForURL(/lang=en/), page.locator('.bp-languages a[lang=en]').click()])
            assert.equal(await page.locator('#q').inputValue(), 'openapi')
            assert.equal(await page.locator('html').getAttribute('lang'), 'en')
            await page.goto(`/sok?q=sta&lang=${look.language}`)
            await fits(page)
        },
    },
    {
        name: 'search: nothing found leads on, and a search that is too long is told of',
        run: async ({ page, look, specimen }) => {
            if (specimen) return 'skip'
            await page.goto('/sok?q=lanfaltjern')
            assert.match((await page.locator('main h2').textContent())!, words[look.language].nothing)
            await is_accessible(page)
            await fits(page)
            const meant = page.locator('main p', { hasText: words[look.language].meant }).locator('a')
            await Promise.all([page.waitForURL(/q=Landfalltjern/), meant.click()])
            assert.equal(await found(page).first().getAttribute('href'), '/bading/landfalltjern')

            const answer = await page.goto(`/sok?q=${'tjern '.repeat(30)}`)
            assert.equal(answer!.status(), 400)
            assert.equal(await search_on(page).locator('[aria-invalid=true]').count(), 1)
            await is_accessible(page)
            await fits(page)
        },
    },
    {
        name: 'search: by keyboard alone, and nobody keeps what was searched for',
        once: true,
        run: async ({ page, specimen, look }) => {
            if (specimen) return 'skip'
            await page.goto('/kontakt')
            for (let presses = 0; presses < 12; ++presses) {
                await page.keyboard.press('Tab')
                if (await page.evaluate(() => document.activeElement?.className === 'bp-search-link')) break
            }
            await Promise.all([page.waitForURL('**/sok'), page.keyboard.press('Enter')])
            await page.keyboard.type('Søkkmørk <b> 100 %')
            await page.keyboard.press('Tab')
            assert.equal(await page.evaluate(() => document.activeElement?.textContent), words[look.language].button)
            const [answer] = await Promise.all([page.waitForResponse(/\/sok\?q=/), page.keyboard.press('Enter')])
            assert.equal(answer.headers()['cache-control'], 'no-store')
            await page.locator('main h2').waitFor()
            assert.equal(await page.locator('#q').inputValue(), 'Søkkmørk <b> 100 %')
            assert.equal(await page.locator('meta[name=robots]').getAttribute('content'), 'noindex')
            assert.deepEqual(await page.context().cookies(), [])
        },
    },
]
