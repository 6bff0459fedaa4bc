import { strict as assert } from 'node:assert'
import type { Cookie, Page } from 'playwright-core'
import type { Look } from './browser.ts'
import { fits, is_accessible, islands_are_alive, size_before_islands, sizes_of_first_visit } from './checks.ts'

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

async function open_first_place(page: Page): Promise<void> {
    await page.goto(bathing)
    await Promise.all([page.waitForURL(/\/bading\/./), page.locator(place_link).first().click()])
}

async function fill_in(page: Page, name: string, password: string): Promise<void> {
    await page.goto('/staff')
    await page.locator('input[name=name]').fill(name)
    await page.locator('input[name=password]').fill(password)
    await page.keyboard.press('Enter')
    await page.locator('.staff-header').waitFor()
}

/// By the menu; where the window is narrow, that is opened first.
async function open_view(page: Page, view: string): Promise<void> {
    const menu = page.locator('.staff-menu')
    if (await menu.isVisible()) await menu.click()
    await page.locator(`.staff-header a[href="/staff/${view}"]`).click()
}

/// The first to come signs in; the others share its session. Checking a password is made to be slow, one at a time.
let session: Promise<Cookie[]> | undefined
export async function sign_in({ page, specimen }: Visit): Promise<boolean> {
    const [name, password] = specimen ? ['kari', 'en lang setning'] : (process.env.BYPULS_STAFF ?? '').split(':')
    if (!name || !password) return false
    if (specimen || !session) {
        const signed_in = fill_in(page, name, password).then(() => page.context().cookies())
        session ??= signed_in
        await signed_in
    } else {
        await page.context().addCookies(await session)
        await page.goto('/staff')
        await page.locator('.staff-header').waitFor()
    }
    return true
}

/// A frame as ChirpStack would send it, of a device of the tests' own.
export async function send_frame(f_cnt: number, hex: string, device = own_device): Promise<void> {
    await send_event('up', {
        deduplicationId: `0e2e0000-0000-4000-8000-${device.slice(-4)}${String(f_cnt).padStart(8, '0')}`,
        time: new Date().toISOString(),
        deviceInfo: { devEui: device, deviceName: device === own_device ? 'Prøvemåler' : 'Ukjent måler', deviceProfileName: 'ELT' },
        devAddr: '0e2e0001',
        fCnt: f_cnt,
        fPort: 5,
        data: Buffer.from(hex, 'hex').toString('base64'),
        rxInfo: [{ gatewayId: '0e2e000000000001', uplinkId: f_cnt, rssi: -80, snr: 9 }],
    })
}
async function send_event(event: string, body: object): Promise<void> {
    const answer = await fetch(`${process.env.BYPULS_URL}/ingest/chirpstack?event=${event}`, {
        method: 'POST',
        headers: { 'Content-Type': 'application/json', Authorization: `Bearer ${process.env.BYPULS_INGEST_KEY}` },
        body: JSON.stringify(body),
    })
    assert.equal(answer.status, 204, await answer.text())
}
const own_device = '0e2e00000000e2e1'
const unknown_device = '0e2e00000000e2e2'

/// Opens a row of a staff list when it has come; lists are read anew, since what was sent is looked at a moment later.
export async function open_row(page: Page, path: string, text: string): Promise<void> {
    const row = page.locator('.staff-rows button', { hasText: text }).first()
    for (let attempt = 0; attempt < 20; attempt += 1) {
        await page.goto(path)
        await page.locator('main h1').waitFor()
        const came = await row.waitFor({ timeout: 3000 }).then(() => true, () => false)
        if (came) return row.click()
    }
    throw new Error(`'${text}' does not come at ${path}`)
}

/// WCAG 2.1's contrast between what an element's text is drawn in and what lies behind it.
async function contrast_of(page: Page, selector: string): Promise<number> {
    return page.locator(selector).first().evaluate((element) => {
        const canvas = document.createElement('canvas').getContext('2d', { willReadFrequently: true })!
        const rgb = (colour: string) => {
            canvas.clearRect(0, 0, 1, 1)
            canvas.fillStyle = colour
            canvas.fillRect(0, 0, 1, 1)
            return [...canvas.getImageData(0, 0, 1, 1).data]
        }
        let behind: Element | null = element
        while (behind && rgb(getComputedStyle(behind).backgroundColor)[3] === 0) behind = behind.parentElement
        const light = (colour: string) => {
            const [r, g, b] = rgb(colour).slice(0, 3).map((part) => {
                const share = part / 255
                return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4
            })
            return 0.2126 * r! + 0.7152 * g! + 0.0722 * b!
        }
        const [a, b] = [light(getComputedStyle(element).color), light(behind ? getComputedStyle(behind).backgroundColor : 'white')]
        return (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05)
    })
}

// The inbox comes last, since it is where signing in leads to.
const staff_views = ['devices', 'places', 'datastreams', 'dead-letters', 'profiles', 'codecs', 'quality', 'tokens', 'webhooks', 'health', 'inbox']

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
        name: 'read a place at 400 % zoom',
        once: true,
        run: async ({ page }) => {
            // 1280 by 1024 pixels at 400 % are 320 by 256 (WCAG 2.1, 1.4.10).
            await page.setViewportSize({ width: 320, height: 256 })
            await open_first_place(page)
            await islands_are_alive(page)
            await fits(page)
            const covered = await page.evaluate(() => {
                const fixed = [...document.querySelectorAll('body *')].filter((element) => ['fixed', 'sticky'].includes(getComputedStyle(element).position))
                return Math.max(0, ...fixed.map((element) => element.getBoundingClientRect().height))
            })
            assert.ok(covered < 256 / 3, `something that stays covers ${covered} of 256 px`)
            for (const cut of await page.locator('h1, h2, .bp-key-number, .ds-button').all()) {
                const [inner, outer] = await cut.evaluate((element) => [element.scrollWidth, element.clientWidth])
                // What only screen readers hear is one pixel wide.
                assert.ok(outer! <= 1 || inner! <= outer! + 1, `${await cut.textContent()} is cut off`)
            }
        },
    },
    {
        name: 'read the answer in sunlight: 7 to 1',
        run: async ({ page }) => {
            await open_first_place(page)
            for (const selector of ['.bp-key-number', 'h1', 'main p', 'main time', 'main a']) {
                const contrast = await contrast_of(page, selector)
                assert.ok(contrast >= 7, `${selector} has a contrast of ${contrast.toFixed(1)}`)
            }
        },
    },
    {
        name: 'read the history of a place, and choose other days',
        run: async ({ page }) => {
            await open_first_place(page)
            const link = page.locator('a[href$="/historikk"]')
            if ((await link.count()) === 0) return 'skip'
            await Promise.all([page.waitForURL(/historikk/), link.click()])
            await islands_are_alive(page)
            assert.ok((await page.locator('table tbody tr').count()) >= 6, 'a week of days')
            await page.locator('details:has(table) summary').click()
            await Promise.all([page.waitForURL(/from=/), page.locator('table tbody a').nth(1).click()])
            await islands_are_alive(page)
            assert.ok((await page.locator('table tbody tr').count()) > 12, 'the hours of a day')
            // The first place may be a ski track, which has nothing in June.
            await page.goto(new URL('/bading/blektjern/historikk', page.url()).href)
            await page.locator('input[name=from]').fill('2026-06-01')
            await page.locator('input[name=to]').fill('2026-06-30')
            await Promise.all([page.waitForURL(/from=2026-06-01/), page.locator('.bp-form button').click()])
            await islands_are_alive(page)
            assert.equal(await page.locator('table tbody tr').count(), 30, 'a row for each day of June')
            const file = await page.request.get((await page.locator('a[href*="series.csv"]').getAttribute('href'))!)
            assert.equal(file.status(), 200)
            assert.match(await file.text(), /^time,value,unit,usable,flags,simulated,source,licence\n2026-05-31T22:.*,true,/)
            await fits(page)
            await is_accessible(page)
        },
    },
    {
        name: 'build on the data: try an example',
        run: async ({ page, specimen }) => {
            if (specimen) return 'skip'
            await page.goto('/utviklere')
            await islands_are_alive(page)
            await page.locator('[data-island=try-get] button').first().click()
            const answer = page.locator('.bp-answer').first()
            await answer.waitFor()
            assert.match((await answer.textContent()) ?? '', /"Observations"/)
            await fits(page)
            await is_accessible(page)
        },
    },
    {
        name: 'read how to build on the data, without script',
        once: true,
        script: false,
        run: async ({ page, specimen }) => {
            if (specimen) return 'skip'
            await page.goto('/utviklere')
            await page.locator('.bp-contents a').first().click()
            assert.match(await page.evaluate(() => location.hash), /^#start/)
            const link = page.locator('[data-island=try-get] a').first()
            assert.equal((await page.request.get((await link.getAttribute('href'))!)).status(), 200)
            await fits(page)
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
            await is_accessible(page)
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
            await fits(page)
            await is_accessible(page)
        },
    },
    {
        name: 'load little: 50 kB of page, 30 kB of style, 200 kB of script',
        once: true,
        run: async ({ page }) => {
            await open_first_place(page)
            const sizes = await sizes_of_first_visit(page)
            console.log(`  place page: ${sizes.document} B HTML, ${sizes.stylesheet} B style and ${sizes.script} B script gzipped`)
            assert.ok(sizes.document < 50_000 && sizes.stylesheet < 30_000 && sizes.script < 200_000, JSON.stringify(sizes))
            const whole = await size_before_islands(page)
            console.log(`  place page with style, font and first scripts: ${whole} B packed`)
            assert.ok(whole < 50_000, `${whole} B`)
        },
    },
    {
        name: 'sign in, and look at every staff page',
        run: async (visit) => {
            if (!(await sign_in(visit))) return 'skip'
            for (const view of staff_views) {
                const answered = visit.page.waitForResponse(/\/api\/v1\//)
                await open_view(visit.page, view)
                await answered
                await visit.page.locator('main > :is(.staff-split, .staff-scroll, .staff-empty, .staff-checks)').first().waitFor()
                await fits(visit.page)
                await is_accessible(visit.page)
            }
        },
    },
    {
        name: 'find what a clock that is ahead has stamped, and why it could not be used',
        once: true,
        run: async (visit) => {
            if (visit.specimen || !(await sign_in(visit))) return 'skip'
            await open_row(visit.page, '/staff/dead-letters?q=reason:future', 'chirpstack')
            // The gateway's own words, with the network server's right time beside them.
            const payload = await visit.page.locator('.staff-detail').textContent()
            for (const part of ['7276ff002e0a1004', 'gwTime', 'nsTime']) assert.ok(payload?.includes(part), `${part} in ${payload}`)
        },
    },
    {
        name: 'adopt a device, mend its codec, and try its message again',
        once: true,
        run: async (visit) => {
            if (visit.specimen || !process.env.BYPULS_INGEST_KEY || !(await sign_in(visit))) return 'skip'
            const { page } = visit
            await send_frame(1, '0100e2')
            await open_row(page, '/staff/inbox', own_device)
            await page.locator('select[name=profile]').selectOption('elsys-bathing')
            await page.locator('select[name=place]').selectOption('blektjern')
            await page.locator('.staff-detail button[type=submit]').click()
            await page.locator('main [role=status]:not(:empty)').first().waitFor()
            await open_row(page, '/staff/devices', 'Prøvemåler')
            await page.locator('.staff-detail tbody tr', { hasText: '22.6' }).first().waitFor()

            // What the network server tells of its battery stands at its head and among its events.
            await send_event('status', { deduplicationId: '0e2e0000-0000-4000-8000-0000000000b1', time: new Date().toISOString(), deviceInfo: { devEui: own_device }, margin: 9, batteryLevel: 57.5 })
            const battery = page.locator('.staff-facts', { hasText: /58\s%/ })
            for (let attempt = 0; attempt < 20 && (await battery.count()) === 0; attempt += 1) {
                await open_row(page, '/staff/devices', 'Prøvemåler')
                await battery.waitFor({ timeout: 3000 }).catch(() => undefined)
            }
            await page.locator('.staff-events li', { hasText: /58\s%/ }).waitFor()
            await fits(page)
            await is_accessible(page)

            // A codec that throws puts the frame aside, with the line. It throws at this frame alone, since others use it meanwhile.
            const script = page.locator('.staff-detail textarea')
            const save = async (text: string) => {
                await open_row(page, '/staff/codecs', 'Elsys')
                await script.fill(text)
                await page.locator('.staff-detail form').first().locator('button[type=submit]').click()
                await page.locator('.staff-detail [role=status]:not(:empty)').first().waitFor()
            }
            await open_row(page, '/staff/codecs', 'Elsys')
            const whole = await script.inputValue()
            await save(whole.replace(/(function decodeUplink\([^)]*\) *\{)/, '$1 if (input.bytes[2] === 0xd5) throw new Error("slitt");'))
            await send_frame(2, '0100d5')
            await open_row(page, `/staff/dead-letters?q=${own_device}`, 'slitt')
            await is_accessible(page)

            // Mended, tried, saved; then the message is tried again and its reading is there.
            await open_row(page, '/staff/codecs', 'Elsys')
            await script.fill(whole)
            await page.locator('input[name=f_port]').fill('5')
            await page.locator('input[name=payload]').fill('0100d5')
            await page.locator('.staff-try button[type=submit]').click()
            await page.locator('.staff-payload', { hasText: '21.3' }).waitFor()
            await save(whole)
            await open_row(page, `/staff/dead-letters?q=${own_device}`, 'slitt')
            await page.locator('.staff-detail button').first().click()
            await page.locator('.staff-detail [role=status]:not(:empty)').waitFor()
            await open_row(page, '/staff/devices', 'Prøvemåler')
            await page.locator('.staff-detail tbody tr', { hasText: '21.3' }).first().waitFor()
        },
    },
    {
        name: 'make a profile from what a new device has sent',
        once: true,
        run: async (visit) => {
            if (visit.specimen || !process.env.BYPULS_INGEST_KEY || !(await sign_in(visit))) return 'skip'
            const { page } = visit
            await send_frame(1, '0100e20229', unknown_device)
            await open_row(page, '/staff/inbox', unknown_device)
            await page.goto('/staff/profiles/new')
            await page.locator('input[name=id]').fill('elsys-inne')
            await page.locator('input[name=name]').fill('Elsys innendørs')
            await page.locator('select[name=codec]').selectOption('elsys')
            await page.locator('select[name=sender]').selectOption(unknown_device)
            await page.locator('.staff-preview button[type=submit]').click()
            const humidity = page.locator('.staff-found li', { hasText: 'humidity' })
            await humidity.locator('button').click()
            await page.locator('.staff-found li', { hasText: 'temperature' }).locator('button').click()
            await fits(page)
            await is_accessible(page)
            const rows = page.locator('.staff-field-row')
            assert.equal(await rows.count(), 2)
            for (const [at, unit] of ['%', 'Cel'].entries()) await rows.nth(at).locator('input').nth(2).fill(unit)
            await rows.nth(1).locator('input').nth(3).fill('10')
            await rows.nth(1).locator('p', { hasText: '226 Cel' }).waitFor()
            await rows.nth(1).locator('input').nth(3).fill('1')
            await page.locator('.staff-detail form').first().locator('button[type=submit]').click()
            await page.waitForURL(/profiles\/elsys-inne/)
            await page.goto(`/staff/inbox/${unknown_device}`)
            await page.locator('select[name=profile]').selectOption('elsys-inne')
        },
    },
    {
        name: 'let a system be told of readings, pause it, and let it be',
        once: true,
        run: async (visit) => {
            if (visit.specimen || !(await sign_in(visit))) return 'skip'
            const { page } = visit
            await page.goto('/staff/webhooks/new')
            await page.locator('input[name=url]').fill('https://mottaker.example/krok')
            await page.locator('input[name=description]').fill('Kart og plan')
            await page.locator('.staff-detail button[type=submit]').click()
            await page.locator('[role=alert]').waitFor() // nothing was chosen
            await page.locator('input[name=place][value=landfalltjern]').check()
            await page.locator('.staff-detail button[type=submit]').click()
            assert.match((await page.locator('.staff-secret').textContent()) ?? '', /^whsec_/)
            await is_accessible(page)
            await page.reload()
            const actions = page.locator('.staff-detail > .staff-actions').first().locator('button')
            await actions.first().waitFor()
            assert.equal(await page.locator('.staff-secret').count(), 0, 'the secret is shown once')
            const before = await actions.first().textContent()
            await actions.first().click()
            await page.waitForFunction((text) => document.querySelector('.staff-detail > .staff-actions button')?.textContent !== text, before)
            await actions.nth(1).click()
            await page.locator('dialog[open] button').first().click()
            await page.locator('.staff-empty').waitFor()
        },
    },
    {
        name: 'see what a webhook was sent, and send again what was given up',
        once: true,
        run: async (visit) => {
            if (!visit.specimen || !(await sign_in(visit))) return 'skip'
            const { page } = visit
            await page.goto('/staff/webhooks/1')
            const told = page.locator('.staff-detail tbody')
            await told.nth(1).waitFor() // until both have come the first may be the list of what was given up
            assert.match((await told.first().textContent()) ?? '', /204.*500/s)
            await told.nth(1).locator('button').first().click()
            await page.locator('.staff-detail > [role=status]:not(:empty)').waitFor()
            await fits(page)
            await is_accessible(page)
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
