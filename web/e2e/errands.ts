import { strict as assert } from 'node:assert'
import { gzipSync } from 'node:zlib'
import { AxeBuilder } from '@axe-core/playwright'
import type { Page } from 'playwright-core'
import type { Look } from './browser.ts'

export interface Visit {
    page: Page
    look: Look
    /// The pages are specimens, without a program behind them.
    specimen: boolean
}

export interface Errand {
    name: string
    run: (visit: Visit) => Promise<'skip' | void>
    /// Runs in one look only.
    once?: boolean
    /// False: the reader has no JavaScript.
    script?: boolean
}

const bathing = '/bading'
const place_link = '[data-entries] a'

async function is_accessible(page: Page): Promise<void> {
    const { violations } = await new AxeBuilder({ page }).withTags(['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'best-practice']).analyze()
    const told = violations.map(({ id, help, nodes }) => `${id}: ${help}\n    ${nodes.map((node) => node.html.slice(0, 160)).join('\n    ')}`)
    assert.equal(violations.length, 0, told.join('\n'))
}

async function fits(page: Page): Promise<void> {
    const [content, window] = await page.evaluate(() => [document.documentElement.scrollWidth, innerWidth])
    assert.ok(content! <= window!, `the page is ${content} px wide in a window of ${window} px`)
}

async function islands_are_alive(page: Page): Promise<void> {
    for (const island of await page.locator('[data-island]').all()) await island.scrollIntoViewIfNeeded()
    await page.waitForFunction(() => [...document.querySelectorAll<HTMLElement>('[data-island]')].every((island) => island.dataset.islandState))
    const failed = await page.locator('[data-island-state=failed]').count()
    assert.equal(failed, 0, 'an island failed')
}

async function open_first_place(page: Page): Promise<void> {
    await page.goto(bathing)
    await Promise.all([page.waitForURL(/\/bading\/./), page.locator(place_link).first().click()])
}

async function sign_in({ page, specimen }: Visit): Promise<boolean> {
    const [name, password] = specimen ? ['kari', 'en lang setning'] : (process.env.BYPULS_STAFF ?? '').split(':')
    if (!name || !password) return false
    await page.goto('/staff')
    await page.locator('input[name=name]').fill(name)
    await page.locator('input[name=password]').fill(password)
    await page.keyboard.press('Enter')
    await page.locator('.staff-header').waitFor()
    return true
}

const staff_views = ['inbox', 'devices', 'dead-letters', 'codecs', 'quality', 'tokens', 'health']

export const errands: Errand[] = [
    {
        name: 'find the water temperature of a place',
        run: async ({ page, look }) => {
            await open_first_place(page)
            assert.equal(await page.locator('html').getAttribute('lang'), look.language)
            const number = page.locator('.bp-key-number').first()
            assert.match((await number.textContent()) ?? '', /\d/)
            const box = await number.boundingBox()
            assert.ok(box && box.y + box.height < 640, 'the answer stands in the first screenful of a phone')
            await islands_are_alive(page)
            await fits(page)
            await is_accessible(page)
        },
    },
    {
        name: 'read the list of places',
        run: async ({ page }) => {
            await page.goto(bathing)
            assert.ok((await page.locator('[data-entries] > li').count()) > 0)
            await islands_are_alive(page)
            await fits(page)
            await is_accessible(page)
        },
    },
    {
        name: 'see the nearest place first',
        run: async ({ page, look }) => {
            await page.context().grantPermissions(['geolocation'])
            await page.goto(bathing)
            const button = page.locator('[data-island=nearest] button')
            await button.waitFor()
            await button.click()
            await page.waitForFunction(() => document.querySelector('[data-distance]')?.textContent !== '')
            const told = await page.locator('[data-entries]').first().locator('[data-distance]').allTextContents()
            const metres = told.filter(Boolean).map((text) => {
                const value = Number(text.replace(',', '.').match(/[\d.]+/)?.[0])
                return text.includes('km') ? value * 1000 : value
            })
            assert.deepEqual(metres, [...metres].sort((a, b) => a - b))
            assert.ok(told[0]!.includes({ nb: 'unna', nn: 'unna', en: 'away' }[look.language]))
        },
    },
    {
        name: 'read a place without script',
        script: false,
        run: async ({ page }) => {
            await open_first_place(page)
            assert.match((await page.locator('.bp-key-number').first().textContent()) ?? '', /\d/)
            assert.ok((await page.locator('table').count()) > 0, 'the charts have their tables')
            await fits(page)
        },
    },
    {
        name: 'read the curve with the keyboard alone',
        once: true,
        run: async ({ page }) => {
            await open_first_place(page)
            await islands_are_alive(page)
            const curve = page.locator('[role=slider]').first()
            await curve.focus()
            await page.keyboard.press('End')
            const last = await curve.getAttribute('aria-valuetext')
            await page.keyboard.press('ArrowLeft')
            assert.notEqual(await curve.getAttribute('aria-valuetext'), last)
        },
    },
    {
        name: 'reach the content with the first press of tab',
        once: true,
        run: async ({ page }) => {
            await page.goto(bathing)
            await page.keyboard.press('Tab')
            await page.keyboard.press('Enter')
            assert.equal(await page.evaluate(() => location.hash), '#main')
        },
    },
    {
        name: 'change the language',
        once: true,
        run: async ({ page }) => {
            await open_first_place(page)
            await page.locator('.bp-languages a[lang=nn]').click()
            await page.waitForURL(/lang=nn/)
            assert.equal(await page.locator('html').getAttribute('lang'), 'nn')
            await page.locator('.bp-languages a[lang=en]').click()
            await page.waitForURL(/lang=en/)
            assert.equal(await page.locator('html').getAttribute('lang'), 'en')
        },
    },
    {
        name: 'choose dark colours, which the next page keeps',
        once: true,
        run: async ({ page }) => {
            await page.goto(bathing)
            await page.locator('[data-theme-choice]').selectOption('dark')
            await page.reload()
            assert.equal(await page.locator('html').getAttribute('data-color-scheme'), 'dark')
            const background = await page.evaluate(() => getComputedStyle(document.body).backgroundColor)
            assert.ok(/rgb\((\d+)/.exec(background)![1]! < '60', background)
        },
    },
    {
        name: 'open the map',
        once: true,
        run: async ({ page }) => {
            await page.goto(bathing)
            const island = page.locator('[data-island=places-map]')
            if ((await island.count()) === 0) return 'skip'
            await island.scrollIntoViewIfNeeded()
            await island.locator('button').first().click()
            await page.locator('.bp-map-place').first().waitFor()
            assert.equal(await page.locator('.bp-map-place').count(), await page.locator('[data-entries] > li').count())
        },
    },
    {
        name: 'land on a page that does not exist',
        run: async ({ page }) => {
            const response = await page.goto('/finnes-ikke')
            assert.equal(response?.status(), 404)
            await page.locator('main h1').waitFor()
            await fits(page)
            await is_accessible(page)
        },
    },
    {
        name: 'see whether the service works',
        run: async ({ page }) => {
            await page.goto('/status')
            await page.locator('.bp-checks li').first().waitFor()
            await is_accessible(page)
        },
    },
    {
        name: 'load little: 50 kB of page, 30 kB of style, 200 kB of script',
        once: true,
        run: async ({ page }) => {
            await open_first_place(page)
            const first_visit = await page.context().browser()!.newContext({ locale: 'nb-NO' })
            const fresh = await first_visit.newPage()
            const sizes = { document: 0, stylesheet: 0, script: 0 }
            const counted: Promise<void>[] = []
            const count = async (kind: keyof typeof sizes, body: Buffer) => {
                sizes[kind] += kind === 'document' ? body.length : gzipSync(body).length
            }
            fresh.on('response', (response) => {
                const kind = response.request().resourceType()
                if (kind === 'document' || kind === 'stylesheet' || kind === 'script') {
                    counted.push(response.body().then((body) => count(kind, body)))
                }
            })
            await fresh.goto(page.url())
            await islands_are_alive(fresh)
            await Promise.all(counted)
            await first_visit.close()
            console.log(`  place page: ${sizes.document} B HTML, ${sizes.stylesheet} B style and ${sizes.script} B script gzipped`)
            assert.ok(sizes.document < 50_000 && sizes.stylesheet < 30_000 && sizes.script < 200_000, JSON.stringify(sizes))
        },
    },
    {
        name: 'sign in, and look at every staff page',
        run: async (visit) => {
            if (!(await sign_in(visit))) return 'skip'
            for (const view of staff_views) {
                await visit.page.locator(`.staff-header a[href="/staff/${view}"]`).click()
                await visit.page.locator('main h1').waitFor()
                await visit.page.waitForLoadState('networkidle', { timeout: 3000 }).catch(() => undefined)
                await fits(visit.page)
                await is_accessible(visit.page)
            }
        },
    },
    {
        name: 'replay a dead letter by keyboard',
        once: true,
        run: async (visit) => {
            if (!visit.specimen || !(await sign_in(visit))) return 'skip'
            const { page } = visit
            await page.goto('/staff/dead-letters')
            await page.locator('.staff-rows button').first().waitFor()
            for (const key of ['j', 'j', 'k', 'Enter']) await page.keyboard.press(key)
            await page.waitForURL(/dead-letters\/01JZ0/)
            await page.locator('.staff-detail button').first().focus()
            await page.keyboard.press('Enter')
            await page.locator('.staff-detail [role=status]:not(:empty)').waitFor()
        },
    },
]
