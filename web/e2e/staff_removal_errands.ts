/// What staff take away when it is no longer used: devices, profiles and codecs; and what refuses to go while something uses it.
import { strict as assert } from 'node:assert'
import type { Page } from 'playwright-core'
import { fits, is_accessible } from './checks.ts'
import { type Errand, open_row, send_frame, sign_in, type Visit } from './errands.ts'

const dialog = (page: Page) => page.locator('dialog[open]')

/// The last button of what stands beside the list; the dialog asks before anything happens.
async function ask_to_remove(page: Page): Promise<void> {
    await page.locator('.staff-detail > .staff-actions button').last().click()
    await dialog(page).waitFor()
}

/// The dialog stays and says what uses it; then nothing has changed.
async function is_refused(page: Page, path: string, because: string): Promise<void> {
    await page.goto(path)
    await ask_to_remove(page)
    await dialog(page).locator('button').first().click()
    const why = dialog(page).locator('[role=alert]')
    await why.waitFor()
    assert.ok((await why.textContent())?.includes(because), (await why.textContent()) ?? '')
    await fits(page)
    await is_accessible(page)
    await dialog(page).locator('button').last().click()
    await dialog(page).waitFor({ state: 'hidden' })
    assert.equal(new URL(page.url()).pathname, path)
    await page.reload()
    await page.locator('.staff-detail > .staff-actions button').last().waitFor()
}

/// The list says so, and has it no more.
async function is_removed(page: Page, path: string, name: string): Promise<void> {
    await page.goto(path)
    await ask_to_remove(page)
    await is_accessible(page)
    await dialog(page).locator('button').first().click()
    const list = path.slice(0, path.lastIndexOf('/'))
    await page.waitForURL((url) => url.pathname === list)
    await page.locator('main [role=status]', { hasText: name }).waitFor()
    await is_accessible(page)
}
const is_gone = (page: Page, name: string) => page.locator('.staff-rows button', { hasText: name }).waitFor({ state: 'detached' })

async function make_codec(page: Page, id: string, name: string): Promise<void> {
    await page.goto('/staff/codecs/new')
    await page.locator('input[name=id]').fill(id)
    await page.locator('input[name=name]').fill(name)
    await page.locator('.staff-detail form').first().locator('button[type=submit]').click()
    await page.waitForURL((url) => url.pathname === `/staff/codecs/${id}`)
}

async function make_profile(page: Page, id: string, name: string): Promise<void> {
    await page.goto('/staff/profiles/new')
    await page.locator('input[name=id]').fill(id)
    await page.locator('input[name=name]').fill(name)
    await page.locator('select[name=codec]').selectOption(id)
    const row = page.locator('.staff-field-row').first().locator('input')
    for (const [at, text] of ['temperature', 'air_temperature', 'Cel'].entries()) await row.nth(at).fill(text)
    await page.locator('.staff-detail form').first().locator('button[type=submit]').click()
    await page.waitForURL((url) => url.pathname === `/staff/profiles/${id}`)
}

async function adopt(page: Page, device: string, profile: string, name: string): Promise<void> {
    await send_frame(1, '0898', device)
    await open_row(page, '/staff/inbox', device)
    await page.locator('.staff-detail input[name=name]').fill(name)
    await page.locator('select[name=profile]').selectOption(profile)
    await page.locator('.staff-detail button[type=submit]').click()
    await page.locator('main [role=status]:not(:empty)').first().waitFor()
}

async function on_a_town(page: Page): Promise<void> {
    const mark = Date.now().toString(36)
    const id = `bort-${mark}`
    const [codec, profile, name] = [`Dekoder ${mark}`, `Profil ${mark}`, `Måler ${mark}`]
    const device = `0e2e${Date.now().toString(16).padStart(12, '0')}`
    await make_codec(page, id, codec)
    await make_profile(page, id, profile)
    await is_refused(page, `/staff/codecs/${id}`, profile)
    await adopt(page, device, id, name)
    await is_refused(page, `/staff/profiles/${id}`, name)
    await open_row(page, '/staff/devices', name)
    await is_removed(page, `/staff/devices/${device}`, name)
    await is_gone(page, name)
    await is_removed(page, `/staff/profiles/${id}`, profile)
    await is_gone(page, profile)
    await is_removed(page, `/staff/codecs/${id}`, codec)
    await is_gone(page, codec)
    // What a retired device sends waits in the inbox, as that of any unknown one.
    await send_frame(2, '0899', device)
    await open_row(page, '/staff/inbox', device)
}

async function on_specimens(page: Page): Promise<void> {
    await is_refused(page, '/staff/codecs/lsn50', 'Dragino LSN50')
    await is_refused(page, '/staff/profiles/lsn50', 'Landfalltjern vann')
    await is_removed(page, '/staff/devices/a8404100000003f4', 'Landfalltjern vann')
    await is_removed(page, '/staff/profiles/ubrukt', 'Ubrukt profil')
    await is_gone(page, 'Ubrukt profil')
    await is_removed(page, '/staff/codecs/ubrukt', 'Ubrukt dekoder')
    await is_gone(page, 'Ubrukt dekoder')
}

async function is_ready(visit: Visit): Promise<boolean> {
    return (visit.specimen || Boolean(process.env.BYPULS_INGEST_KEY)) && sign_in(visit)
}

export const staff_removal_errands: Errand[] = [
    {
        name: 'retire a device, and take away the profile and the codec that nothing uses any more',
        once: true,
        run: async (visit) => {
            if (!(await is_ready(visit))) return 'skip'
            await (visit.specimen ? on_specimens(visit.page) : on_a_town(visit.page))
        },
    },
]
