/// What staff do with places and datastreams, on specimens and on a running program alike.
import { strict as assert } from 'node:assert'
import type { Page } from 'playwright-core'
import { fits, is_accessible } from './checks.ts'
import { type Errand, sign_in, type Visit } from './errands.ts'

const save = (page: Page) => page.locator('.staff-detail form button[type=submit]').first()
const told = (page: Page) => page.locator('.staff-detail form [role=status]:not(:empty)').last()

/// A datastream as lines make it: with a name of the sender's, internal, described by nobody. Its id.
async function some_lines(page: Page, mark: string): Promise<string> {
    const answer = await fetch(`${process.env.BYPULS_URL}/ingest/lines?precision=s`, {
        method: 'POST',
        headers: { Authorization: `Token ${process.env.BYPULS_INGEST_KEY}` },
        body: `e2e,sted=${mark} temperature=21.4`,
    })
    assert.equal(answer.status, 204, await answer.text())
    const row = page.locator('.staff-rows button').first()
    for (let attempt = 0; attempt < 20; attempt += 1) {
        await page.goto(`/staff/datastreams?q=${mark}`)
        const came = await row.waitFor({ timeout: 3000 }).then(() => true, () => false)
        if (!came) continue
        await row.click()
        await page.waitForURL(/datastreams\/./)
        return new URL(page.url()).pathname.split('/').at(-1)!
    }
    throw new Error(`no datastream of '${mark}' comes`)
}

async function open_datastream(page: Page, id: string, name: string): Promise<void> {
    await page.goto(`/staff/datastreams/${id}`)
    await page.locator('.staff-detail input[name=name]').fill(name)
    await page.locator('input[name=property]').fill('water_temperature')
    await page.locator('input[name=unit]').fill('Cel')
    await page.locator('input[name=access][value=public]').check()
    await save(page).click()
    const dialog = page.locator('dialog[open]')
    await dialog.waitFor()
    await is_accessible(page)
    await dialog.locator('button').first().click()
    await told(page).waitFor()
    await dialog.waitFor({ state: 'hidden' })
}

async function close_datastream(page: Page, id: string): Promise<void> {
    await page.goto(`/staff/datastreams/${id}`)
    await page.locator('input[name=access][value=internal]').check()
    await save(page).click()
    await told(page).waitFor()
}

/// Published with one datastream. The address that its name was given.
async function make_place(page: Page, mark: string, stream: string): Promise<string> {
    await page.goto('/staff/places/new')
    // The list of places is by name, and other errands open the first: this is the last.
    await page.locator('input[name=name]').fill(`Øyas prøveplass ${mark}`)
    const slug = await page.locator('input[name=slug]').inputValue()
    assert.equal(slug, `oyas-proveplass-${mark}`)
    await page.locator('textarea[name=description]').fill('En plass som prøvene lager og tar bort igjen.')
    await page.locator('input[name=latitude]').fill('59,744')
    await page.locator('input[name=longitude]').fill('10.204')
    await page.locator('input[name=area]').fill('Strømsø')
    await page.locator('.staff-detail input[type=search]').fill(stream)
    await page.locator('.staff-found li', { hasText: stream }).locator('button').first().click()
    await page.locator('.staff-order > li', { hasText: stream }).waitFor()
    await page.locator('input[name=published]').check()
    await fits(page)
    await is_accessible(page)
    await save(page).click()
    await page.waitForURL((url) => url.pathname === `/staff/places/${slug}`)
    return slug
}

/// The page shows it a moment after it was published.
async function sees_publicly(page: Page, slug: string, name: string): Promise<void> {
    const number = page.locator('.bp-key-number', { hasText: /21[,.]4/ })
    for (let attempt = 0; attempt < 20; attempt += 1) {
        await page.goto(`/bading/${slug}`)
        const came = await number.first().waitFor({ timeout: 2000 }).then(() => true, () => false)
        if (!came) continue
        assert.ok((await page.locator('h1').textContent())?.includes(name))
        assert.equal((await page.request.get(`/bading/${slug}/plakat.svg`)).status(), 200)
        return
    }
    throw new Error(`/bading/${slug} does not show its reading`)
}

async function take_away(page: Page, slug: string): Promise<void> {
    await page.goto(`/staff/places/${slug}`)
    await page.locator('.staff-detail > .staff-actions button').last().click()
    await page.locator('dialog[open] button').first().click()
    await page.waitForURL(/staff\/places$/)
}

async function is_ready(visit: Visit): Promise<boolean> {
    return (visit.specimen || Boolean(process.env.BYPULS_INGEST_KEY)) && sign_in(visit)
}

export const staff_places_errands: Errand[] = [
    {
        name: 'open a datastream, make a place that shows it, see its page, and take it away',
        once: true,
        run: async (visit) => {
            if (!(await is_ready(visit))) return 'skip'
            const { page, specimen } = visit
            const mark = Date.now().toString(36)
            const stream = specimen ? '2' : await some_lines(page, mark)
            const name = `Prøvemåling ${mark}`
            await open_datastream(page, stream, name)
            const slug = await make_place(page, mark, name)
            await page.locator('.staff-order > li', { hasText: name }).waitFor()
            if (!specimen) {
                await sees_publicly(page, slug, mark)
                await page.goto(`/staff/places/${slug}`)
            }
            await page.locator(`.staff-detail a[href="/bading/${slug}"]`).waitFor()
            await close_datastream(page, stream)
            await take_away(page, slug)
            await page.locator('.staff-rows').waitFor()
            // The list is read anew.
            await page.locator('.staff-rows button', { hasText: mark }).waitFor({ state: 'detached' })
            if (!specimen) {
                const gone = async () => (await page.request.get(`/bading/${slug}`)).status() === 404
                const patience = Date.now() + 60_000
                while (!(await gone()) && Date.now() < patience) await page.goto('/bading')
                assert.ok(await gone(), 'its page is gone')
            }
        },
    },
    {
        name: 'look at a place and at a datastream as staff',
        run: async (visit) => {
            if (!(await sign_in(visit))) return 'skip'
            const { page } = visit
            await page.goto('/staff/places/landfalltjern')
            await page.locator('.staff-order > li').first().waitFor()
            await page.locator('.staff-detail summary').click()
            await fits(page)
            await is_accessible(page)
            await page.goto('/staff/datastreams')
            await page.locator('.staff-rows button').first().click()
            await page.locator('.staff-detail form').waitFor()
            await fits(page)
            await is_accessible(page)
        },
    },
    {
        name: 'put what a place shows in another order by keyboard',
        once: true,
        run: async (visit) => {
            if (!(await sign_in(visit))) return 'skip'
            const { page } = visit
            await page.goto('/staff/places/landfalltjern')
            const entries = page.locator('.staff-order > li')
            await entries.nth(1).waitFor()
            const second = await entries.nth(1).locator('span').first().textContent()
            await entries.nth(1).locator('button').first().focus()
            await page.keyboard.press('Enter')
            await entries.first().filter({ hasText: second! }).waitFor()
            // It cannot go higher, so that the focus is on the way back.
            await page.keyboard.press('Enter')
            await entries.nth(1).filter({ hasText: second! }).waitFor()
        },
    },
    {
        name: 'be told why a place with devices is not taken away',
        once: true,
        run: async (visit) => {
            if (!(await sign_in(visit))) return 'skip'
            const { page } = visit
            await page.goto('/staff/places/landfalltjern')
            await page.locator('.staff-detail > .staff-actions button').last().click()
            await page.locator('dialog[open] button').first().click()
            await page.locator('dialog[open] [role=alert]').waitFor()
            await is_accessible(page)
            await page.locator('dialog[open] button').last().click()
            assert.equal(new URL(page.url()).pathname, '/staff/places/landfalltjern')
        },
    },
]
