/// What every public page promises around its answer: a map without script, tables that sort, a connection that is told of, paper,
/// and the pages behind the footer's links.
import { strict as assert } from 'node:assert'
import type { Locator, Page } from 'playwright-core'
import { fits, is_accessible, islands_are_alive } from './checks.ts'
import { type Errand, sign_in } from './errands.ts'

async function open_place(page: Page): Promise<void> {
    await page.goto('/bading')
    await Promise.all([page.waitForURL(/\/bading\/./), page.locator('[data-entries] a').first().click()])
}

const boxes_of = (all: Locator) => all.evaluateAll((elements) => elements.map((each) => each.getBoundingClientRect().toJSON() as DOMRect))

async function top_of(locator: Locator): Promise<number> {
    return (await locator.boundingBox())!.y
}

export const page_errands: Errand[] = [
    {
        name: 'see the places on a map, without script',
        script: false,
        run: async ({ page, look }) => {
            await page.goto('/bading')
            const list = await page.locator('[data-entries]').boundingBox()
            const map = await page.locator('.bp-sketch svg').boundingBox()
            assert.ok(list && map)
            if (look.width >= 960) assert.ok(map.x >= list.x + list.width, 'the map stands beside the list')
            else assert.ok(map.y >= list.y + list.height, 'the list comes first')
            const marks = page.locator('.bp-sketch-number')
            assert.equal(await marks.count(), await page.locator('[data-entries] .bp-mark').count())
            assert.ok((await page.locator('.bp-sketch-name').count()) >= 3)
            // Letters of two names or of a name and a mark never share a pixel of their boxes' middles.
            const boxes = [...(await boxes_of(page.locator('.bp-sketch circle'))), ...(await boxes_of(page.locator('.bp-sketch-name')))]
            for (const [i, a] of boxes.entries()) {
                assert.ok(a.left >= map.x && a.right <= map.x + map.width, `mark ${i} is cut off`)
                for (const b of boxes.slice(0, i)) {
                    const apart = a.right <= b.left + 1 || b.right <= a.left + 1 || a.bottom <= b.top + 3 || b.bottom <= a.top + 3
                    assert.ok(apart, `${JSON.stringify(a)} covers ${JSON.stringify(b)}`)
                }
            }
            await fits(page)
        },
    },
    {
        name: 'sort a table by its columns with the keyboard',
        run: async ({ page }) => {
            await open_place(page)
            await page.locator('.bp-chart summary').first().click()
            const head = page.locator('.bp-chart table thead th').nth(1)
            const cells = () => page.locator('.bp-chart table').first().locator('tbody tr td:nth-child(2)').allTextContents()
            await head.locator('.bp-sort').focus()
            const values = async () => (await cells()).map((text) => Number.parseFloat(text.replace(',', '.').replace('\u2212', '-')))
            await page.keyboard.press('Enter')
            assert.equal(await head.getAttribute('aria-sort'), 'ascending')
            const up = await values()
            assert.deepEqual(up, [...up].sort((a, b) => a - b))
            await page.keyboard.press('Enter')
            assert.equal(await head.getAttribute('aria-sort'), 'descending')
            assert.deepEqual(await values(), [...up].sort((a, b) => b - a))
            await fits(page)
            await is_accessible(page)
        },
    },
    {
        name: 'be told when the page is not connected, and when it is again',
        run: async ({ page, look }) => {
            await open_place(page)
            await islands_are_alive(page)
            const line = page.locator('[data-live-state]')
            const says = (state: string) => page.locator(`[data-live-state="${state}"]`).waitFor()
            await says('on')
            const below = page.locator('.bp-live-state + *')
            const before = await top_of(below)
            await page.context().setOffline(true)
            await says('lost')
            assert.ok((await line.textContent())!.includes({ nb: 'Ikke tilkoblet', nn: 'Ikkje tilkopla', en: 'Not connected' }[look.language]))
            assert.equal(await line.getAttribute('role'), 'status')
            assert.equal(await top_of(below), before, 'nothing moves')
            await page.context().setOffline(false)
            await says('back')
            assert.equal(await top_of(below), before, 'nothing moves')
            await is_accessible(page)
        },
    },
    {
        name: 'read on paper when it was measured',
        run: async ({ page, look }) => {
            await open_place(page)
            await page.emulateMedia({ media: 'print' })
            const written = look.language === 'en' ? '\\d \\w+ 20\\d\\d at \\d\\d:\\d\\d' : '\\d\\. \\w+ 20\\d\\d kl\\. \\d\\d\\.\\d\\d'
            // What is live may be replaced at any moment, and what is no longer on the page has no style.
            await page.waitForFunction((form) => new RegExp(form).test(getComputedStyle(document.querySelector('.bp-key-age time')!, '::after').content), written)
            assert.equal(await page.locator('.bp-live-state').isVisible(), false)
        },
    },
    {
        name: 'follow the links of the footer',
        run: async ({ page, look, specimen }) => {
            if (specimen) return 'skip'
            for (const path of ['/kontakt', '/tilgjengelighet', '/personvern', '/kilder']) {
                await page.goto('/bading')
                await Promise.all([page.waitForURL(`**${path}`), page.locator(`.bp-footer a[href="${path}"]`).click()])
                assert.equal(await page.locator('html').getAttribute('lang'), look.language)
                await fits(page)
                await is_accessible(page)
            }
        },
    },
    {
        name: 'leave no cookie by reading',
        once: true,
        run: async ({ page, specimen }) => {
            if (specimen) return 'skip'
            for (const path of ['/', '/bading', '/personvern', '/utviklere']) await page.goto(path)
            await open_place(page)
            await islands_are_alive(page)
            assert.deepEqual(await page.context().cookies(), [])
            assert.equal(await page.evaluate(() => localStorage.length + sessionStorage.length), 0)
        },
    },
    {
        name: 'be told that a staff page does not exist',
        once: true,
        run: async (visit) => {
            if (!(await sign_in(visit))) return 'skip'
            const { page } = visit
            await page.goto('/staff/bogus')
            await page.locator('main h1', { hasText: 'Siden finnes ikke' }).waitFor()
            await is_accessible(page)
        },
    },
]
