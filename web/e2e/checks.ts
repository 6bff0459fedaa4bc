/// What must hold on every page.
import { strict as assert } from 'node:assert'
import { gzipSync } from 'node:zlib'
import axe from 'axe-core'
import type { Page } from 'playwright-core'

/// What axe can see of WCAG 2.1 AA. It runs in the page itself, without the second page and the messages between frames that
/// @axe-core/playwright has for sites with frames of others: a tenth of the time.
export async function is_accessible(page: Page): Promise<void> {
    if (!(await page.evaluate(() => 'axe' in window))) await page.evaluate(axe.source)
    const violations = await page.evaluate(async () => {
        const { axe } = window as unknown as { axe: typeof import('axe-core') }
        const tags = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'best-practice']
        const found = await axe.run(document, { runOnly: { type: 'tag', values: tags }, resultTypes: ['violations'] })
        return found.violations.map(({ id, help, nodes }) => `${id}: ${help}\n    ${nodes.map((node) => node.html.slice(0, 160)).join('\n    ')}`)
    })
    assert.equal(violations.length, 0, violations.join('\n'))
}

export async function fits(page: Page): Promise<void> {
    const [content, window] = await page.evaluate(() => [document.documentElement.scrollWidth, innerWidth])
    assert.ok(content! <= window!, `the page is ${content} px wide in a window of ${window} px`)
}

export async function islands_are_alive(page: Page): Promise<void> {
    for (const island of await page.locator('[data-island]').all()) await island.scrollIntoViewIfNeeded()
    await page.waitForFunction(() => [...document.querySelectorAll<HTMLElement>('[data-island]')].every((island) => island.dataset.islandState))
    const failed = await page.locator('[data-island-state=failed]').count()
    assert.equal(failed, 0, 'an island failed')
}

/// Bytes, packed as they are sent, of all that a first visitor fetches before any island: the page, its style, font and pictures,
/// and the scripts that run at once (what is merely preloaded is the chart's).
export async function size_before_islands(page: Page): Promise<number> {
    const first_visit = await page.context().browser()!.newContext({ locale: 'nb-NO' })
    const fresh = await first_visit.newPage()
    const html = await (await fresh.request.get(page.url())).text()
    let size = gzipSync(html).length
    const counted: Promise<void>[] = []
    fresh.on('response', (response) => {
        const kind = response.request().resourceType()
        const { pathname } = new URL(response.url())
        const at_once = kind !== 'script' || html.includes(`<script src="${pathname}"`) || html.includes(`<script type="module" src="${pathname}"`) || /\/load-/.test(pathname)
        const packed = kind === 'stylesheet' || kind === 'script' || response.url().endsWith('.svg')
        if (!at_once || !['stylesheet', 'script', 'font', 'image'].includes(kind)) return
        counted.push(response.body().then((body) => void (size += packed ? gzipSync(body).length : body.length)))
    })
    await fresh.goto(page.url())
    await fresh.evaluate(() => document.fonts.ready)
    await Promise.all(counted)
    const fonts = await fresh.evaluate(() => performance.getEntriesByType('resource').filter(({ name }) => name.endsWith('.woff2')).length)
    assert.ok(fonts > 0, 'the font was not fetched, so it is not counted')
    await first_visit.close()
    return size
}

/// Bytes of the page itself, and gzipped of style and script, as a first visitor fetches them with every island alive.
export async function sizes_of_first_visit(page: Page): Promise<Record<'document' | 'stylesheet' | 'script', number>> {
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
    return sizes
}
