/// What is printed: a place's poster, read as a phone would read it, and its page on A4.
import { strict as assert } from 'node:assert'
import { request } from 'node:http'
import jsQR from 'jsqr'
import type { Page } from 'playwright-core'
import type { Errand } from './errands.ts'
import { fits } from './checks.ts'

const a4 = { width: 794, height: 1123 } // 210 × 297 mm at 96 pixels an inch
const margin = 38 // 10 mm

async function open_place(page: Page): Promise<URL> {
    await page.goto('/bading')
    await Promise.all([page.waitForURL(/\/bading\/./), page.locator('[data-entries] a').first().click()])
    return new URL(page.url())
}

/// Of a PDF: how many pages, and their sizes in points.
function pages_of(pdf: Buffer): { count: number; sizes: number[][] } {
    const text = pdf.toString('latin1')
    const count = Math.max(...[...text.matchAll(/\/Count (\d+)/g)].map((found) => Number(found[1])))
    const sizes = [...text.matchAll(/\/MediaBox \[([\d. ]+)\]/g)].map((found) => found[1]!.trim().split(/ +/).map(Number))
    return { count, sizes }
}

async function is_a4(pdf: Buffer): Promise<number> {
    const { count, sizes } = pages_of(pdf)
    assert.ok(sizes.length > 0, 'the PDF has no page')
    for (const [, , width, height] of sizes) {
        assert.ok(Math.abs(width! - 595) <= 1 && Math.abs(height! - 842) <= 1, `a page of ${width} × ${height} points`)
    }
    return count
}

/// What the code on the picture says. It is unpacked by the browser, which knows PNG.
async function read_code(page: Page, picture: Buffer): Promise<string | undefined> {
    const canvas = await page.context().newPage()
    const { width, height, pixels } = await canvas.evaluate(async (base64) => {
        const bytes = Uint8Array.from(atob(base64), (c) => c.charCodeAt(0))
        const image = await createImageBitmap(new Blob([bytes], { type: 'image/png' }))
        const context = new OffscreenCanvas(image.width, image.height).getContext('2d')!
        context.drawImage(image, 0, 0)
        const { data } = context.getImageData(0, 0, image.width, image.height)
        let text = ''
        for (let i = 0; i < data.length; i += 8192) text += String.fromCharCode(...data.subarray(i, i + 8192))
        return { width: image.width, height: image.height, pixels: btoa(text) }
    }, picture.toString('base64'))
    await canvas.close()
    return jsQR(new Uint8ClampedArray(Buffer.from(pixels, 'base64')), width, height)?.data
}

/// Everything that is written stands on the sheet.
async function stands_on_sheet(page: Page): Promise<void> {
    const boxes = await page.locator('svg text, svg path').evaluateAll((all) => all.map((each) => each.getBoundingClientRect().toJSON() as DOMRect))
    assert.ok(boxes.length >= 5, `${boxes.length} things are on the poster`)
    for (const { left, right, top, bottom } of boxes) {
        assert.ok(left >= margin / 2 && right <= a4.width - margin / 2, `from ${left} to ${right} of ${a4.width}`)
        assert.ok(top >= margin / 2 && bottom <= a4.height - margin / 2, `from ${top} to ${bottom} of ${a4.height}`)
    }
}

/// As someone would ask who writes what they like into the Host header.
function asked_as(base: URL, host: string, path: string): Promise<{ status: number; body: string }> {
    return new Promise((done, failed) => {
        request({ host: base.hostname, port: base.port, path, headers: { Host: host } }, (response) => {
            let body = ''
            response.setEncoding('utf8')
            response.on('data', (piece: string) => (body += piece))
            response.on('end', () => done({ status: response.statusCode ?? 0, body }))
        })
            .on('error', failed)
            .end()
    })
}

export const paper_errands: Errand[] = [
    {
        name: "print a place's poster and scan it",
        once: true,
        run: async ({ page, specimen }) => {
            if (specimen) return 'skip'
            const place = await open_place(page)
            const name = await page.locator('h1').textContent()
            await page.setViewportSize(a4)
            await page.goto(`${place.pathname}/plakat.svg`)
            await stands_on_sheet(page)
            const address = await read_code(page, await page.screenshot())
            assert.equal(address, place.origin + place.pathname)
            const printed = await page.pdf({ format: 'A4', printBackground: true, margin: { top: '0', right: '0', bottom: '0', left: '0' } })
            assert.equal(await is_a4(printed), 1, 'the poster is one sheet')
            await page.goto(address)
            assert.equal(await page.locator('h1').textContent(), name)
        },
    },
    {
        name: 'a poster leads nowhere that a stranger chose',
        once: true,
        run: async ({ page, specimen }) => {
            if (specimen) return 'skip'
            const place = await open_place(page)
            assert.ok((await asked_as(place, place.host, place.pathname)).body.includes('/plakat.svg'), 'the page leads to its poster')
            for (const host of ['evil.example', `localhost.evil.example:${place.port}`, '127.0.0.1.evil.example']) {
                const poster = await asked_as(place, host, `${place.pathname}/plakat.svg`)
                assert.equal(poster.status, 404, host)
                assert.ok(!poster.body.includes('evil.example'), 'the name is not repeated')
                const own = await asked_as(place, host, place.pathname)
                assert.equal(own.status, 200)
                assert.ok(!own.body.includes('/plakat.svg'), 'the page does not lead to a poster that is not there')
            }
        },
    },
    {
        name: "print a place's page",
        once: true,
        run: async ({ page, specimen }) => {
            if (specimen) return 'skip'
            await open_place(page)
            await page.setViewportSize({ width: a4.width - 2 * margin, height: a4.height - 2 * margin })
            await page.emulateMedia({ media: 'print' })
            await fits(page)
            const cut = await page.locator('main *').evaluateAll((all) =>
                all.filter((each) => each.getBoundingClientRect().right > innerWidth + 1 && getComputedStyle(each).position !== 'absolute').map((each) => each.outerHTML.slice(0, 120)),
            )
            assert.deepEqual(cut, [], 'beyond the edge of the sheet')
            assert.equal(await page.locator('.bp-languages, .bp-errands, .ds-button').filter({ visible: true }).count(), 0, 'what only a screen needs')
            const printed = await page.pdf({ format: 'A4', margin: { top: '10mm', right: '10mm', bottom: '10mm', left: '10mm' } })
            const count = await is_a4(printed)
            assert.ok(count >= 1 && count <= 5, `${count} sheets`)
        },
    },
]
