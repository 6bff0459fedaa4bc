/// Whoever wants to know whether a count is right: from a published file to the answer.
import { strict as assert } from 'node:assert'
import { readFileSync } from 'node:fs'
import { gzipSync, zstdCompressSync } from 'node:zlib'
import type { Page } from 'playwright-core'
import { fits, is_accessible, islands_are_alive, sizes_of_first_visit } from './checks.ts'
import type { Errand } from './errands.ts'

const recount = '/medvirkning/etterregning'
const library = '/medvirkning/valg'
const elections = new URL('../../demo/drammen/elections/', import.meta.url)

const file = (name: string, text: string) => ({ name, mimeType: 'application/octet-stream', buffer: Buffer.from(text) })
const published = (name: string) => file(name, readFileSync(new URL(name, elections), 'utf8'))

/// Two budgets, and voters of whom the age is told.
function explained_vote(): string {
    const meta = ['META', 'key;value', 'description;Bydeler', 'budget;600', 'vote_type;approval', 'rule;mes-cost', 'pots;[{"name": "nord", "budget": "400"}]']
    const projects = ['PROJECTS', 'project_id;cost;name;pot', 'b;250;Benker;nord', 's;550;Basseng;', 'l;500;Lys;']
    const votes = Array.from({ length: 24 }, (_, i) => `${i};${['b,l', 'b,l', 'l,s'][i % 3]};${i < 12 ? 15 : 40}`)
    return [...meta, ...projects, 'VOTES', 'voter_id;vote;age', ...votes, ''].join('\n')
}

async function open_recount(page: Page): Promise<void> {
    await page.goto(recount)
    await page.locator('#recount-files').waitFor()
}

const choose = (page: Page, files: ReturnType<typeof file>[]) => page.locator('#recount-files').setInputFiles(files)
const notice = (page: Page, tone: string) => page.locator(`.recount-notice[data-color=${tone}]`)

export const recount_errands: Errand[] = [
    {
        name: 'recount: open a vote of the library, see who won and why',
        run: async ({ page, specimen, look }) => {
            if (specimen) return 'skip'
            await page.goto(library)
            await fits(page)
            await is_accessible(page)
            await page.locator('.bp-library a.ds-button').first().click()
            await page.locator('.recount-projects').first().waitFor()
            assert.equal(await page.locator('.recount-projects').first().locator('> li').count(), 11)
            await notice(page, 'success').waitFor()
            const winner = page.locator('.recount-projects > li').first()
            await winner.locator('summary').click()
            const story = winner.locator('details p').first()
            assert.match((await story.textContent()) ?? '', { nb: /blir bygget/, nn: /blir bygd/, en: /will be built/ }[look.language])
            await is_accessible(page)
            await fits(page)
        },
    },
    {
        name: 'recount: the published result follows, a forged one does not',
        run: async ({ page, specimen, look }) => {
            if (specimen) return 'skip'
            await open_recount(page)
            await choose(page, [published('likt.pb'), published('likt.json')])
            await page.waitForFunction(() => document.querySelectorAll('.recount-notice[data-color=success]').length === 2)
            // A small count says at once how close it was, and names its ties.
            const loser = page.locator('.recount-projects').nth(1).locator('> li').first()
            await loser.locator('summary').click()
            const short = { nb: 'manglet 1 for', nn: 'mangla 1 for', en: 'was 1 short' }[look.language]
            await loser.getByText(short).waitFor()
            await page.getByText({ nb: 'Det avgjorde utfallet.', nn: 'Det avgjorde utfallet.', en: 'That decided the outcome.' }[look.language]).waitFor()

            const result = published('likt.json')
            const forged = JSON.parse(result.buffer.toString()) as { winners: string[] }
            forged.winners = forged.winners.map((id) => (id === 'b' ? 'd' : id))
            await choose(page, [published('likt.pb'), file('likt.json', JSON.stringify(forged))])
            await notice(page, 'danger').waitFor()
            assert.match((await notice(page, 'danger').textContent()) ?? '', /Hengekøyer[^]*Blomsterkasser/)
            await is_accessible(page)
            await fits(page)
        },
    },
    {
        name: 'recount: how close it was, who got what, what each sub-budget left over, and what the payments prove',
        run: async ({ page, specimen, look }) => {
            if (specimen) return 'skip'
            await open_recount(page)
            await choose(page, [file('bydeler.pb', explained_vote())])
            const first = { nb: /vant\. .*Nærmest av de andre var «Basseng»/, nn: /vann\. .*Nærast av dei andre var «Basseng»/, en: /won\. .*Closest of the others was “Basseng”/ }
            await page.locator('.recount-first', { hasText: first[look.language] }).waitFor()
            const loser = page.locator('.recount-projects').nth(1).locator('> li').first()
            await loser.locator('summary').focus()
            await page.keyboard.press('Enter')
            assert.equal(await loser.locator('[data-measure]').count(), 6)
            for (const more of await page.locator('.recount-more > summary').all()) await more.click()
            const pots = page.getByRole('region', { name: { nb: 'Delbudsjettene', nn: 'Delbudsjetta', en: 'The sub-budgets' }[look.language] })
            // 400 to the north, of which the benches took 250.
            assert.match((await pots.locator('tbody tr').first().textContent()) ?? '', /nord400\D+250\D+150/)
            const ages = page.getByRole('region', { name: { nb: 'Etter alder', nn: 'Etter alder', en: 'By age' }[look.language] })
            assert.deepEqual(await ages.locator('tbody th').allTextContents(), ['under 18', '30–44'])
            assert.equal(await page.getByText('Gini').count(), 1)
            await is_accessible(page)
            await fits(page)
            const [download] = await Promise.all([page.waitForEvent('download'), page.getByRole('button', { name: 'JSON' }).click()])
            const result = JSON.parse(readFileSync(await download.path(), 'utf8')) as { losers: unknown[]; margins: unknown[]; metrics: { prices: unknown[] } }
            assert.deepEqual([result.losers.length, result.margins.length, result.metrics.prices.length], [1, 2, 2])
        },
    },
    {
        name: 'recount: a wrong file is explained, with its place',
        run: async ({ page, specimen, look }) => {
            if (specimen) return 'skip'
            await open_recount(page)
            await choose(page, [file('feil.pb', published('likt.pb').buffer.toString().replace('b;30000', 'b;tretti'))])
            const told = notice(page, 'danger')
            await told.waitFor()
            const words = { nb: /linje 17, kolonne 2: «tretti» er ikke et beløp/, nn: /linje 17, kolonne 2: «tretti» er ikkje eit beløp/, en: /line 17, column 2: “tretti” is not an amount/ }
            assert.match((await told.textContent()) ?? '', words[look.language])
            await is_accessible(page)
            await fits(page)
            await choose(page, [file('bilde.pb', '\u0089PNG\r\n')])
            await page.getByText('bilde.pb').waitFor()
            await choose(page, [published('likt.json')])
            await page.getByText('.pb', { exact: false }).first().waitFor()
            assert.equal(await page.locator('.recount-projects').count(), 0)
        },
    },
    {
        name: 'recount: a web page in place of the file, a packed one and a result chosen first are understood',
        run: async ({ page, specimen, look }) => {
            if (specimen) return 'skip'
            await open_recount(page)
            // On a phone one file is chosen at a time, and often the result first.
            await choose(page, [published('likt.json')])
            await page.getByText({ nb: 'Velg også .pb-filen', nn: 'Vel òg .pb-fila', en: 'Choose the .pb file' }[look.language]).waitFor()
            await choose(page, [file('likt.pb', '<!DOCTYPE html><title>likt.pb</title>')])
            await page.getByText({ nb: 'Dette er en nettside', nn: 'Dette er ei nettside', en: 'This is a web page' }[look.language]).waitFor()
            await choose(page, [{ ...published('likt.pb'), name: 'likt.pb.gz', buffer: gzipSync(published('likt.pb').buffer) }])
            await page.waitForFunction(() => document.querySelectorAll('.recount-notice[data-color=success]').length === 2)
            assert.match((await page.locator('[aria-live=polite]').first().textContent()) ?? '', { nb: /Ferdig talt/, nn: /Ferdig talt/, en: /Counted/ }[look.language])
            const packed = [published('likt.pb'), published('likt.json')].map((one) => ({ ...one, name: `${one.name}.zst`, buffer: zstdCompressSync(one.buffer) }))
            await choose(page, [{ ...packed[0]!, buffer: packed[0]!.buffer.subarray(0, 200) }])
            await notice(page, 'danger').getByText({ nb: 'pakken er skadet eller avkortet', nn: 'pakken er skadd eller avkorta', en: 'the packing is broken or cut' }[look.language]).waitFor()
            await choose(page, packed)
            await notice(page, 'danger').waitFor({ state: 'detached' })
            await page.waitForFunction(() => document.querySelectorAll('.recount-notice[data-color=success]').length === 2)
            // What cannot be used takes nothing away.
            await choose(page, [file('bilde.pb', '%PDF-1.7')])
            await notice(page, 'danger').waitFor()
            assert.equal(await notice(page, 'success').count(), 2)
            await is_accessible(page)
            await fits(page)
        },
    },
    {
        name: 'recount: a file dropped beside the box is taken, and the page stays',
        once: true,
        run: async ({ page, specimen }) => {
            if (specimen) return 'skip'
            await open_recount(page)
            const text = published('likt.pb').buffer.toString()
            const stayed = await page.evaluate((ballots) => {
                const dropped = new DataTransfer()
                dropped.items.add(new File([ballots], 'likt.pb'))
                return !document.querySelector('h1')!.dispatchEvent(new DragEvent('drop', { dataTransfer: dropped, bubbles: true, cancelable: true }))
            }, text)
            assert.ok(stayed, 'the browser would have opened the file')
            await page.locator('.recount-projects').first().waitFor()
        },
    },
    {
        name: 'recount: a vote by points is told in points',
        run: async ({ page, specimen, look }) => {
            if (specimen) return 'skip'
            await open_recount(page)
            await choose(page, [published('skolegard.pb')])
            const won = page.locator('.recount-projects').first().locator('> li').first()
            await won.getByText({ nb: '507 poeng fra 138 velgere', nn: '507 poeng frå 138 veljarar', en: '507 points from 138 voters' }[look.language]).first().waitFor()
            const why = { nb: 'Prosjektene med flest poeng gikk først', nn: 'Prosjekta med flest poeng gjekk først', en: 'Those with most points went first' }[look.language]
            assert.ok(((await page.locator('.recount-first').textContent()) ?? '').includes(why))
            assert.doesNotMatch((await page.locator('.recount-result').textContent()) ?? '', /\d+ (stemmer|votes)\b/)
            await fits(page)
        },
    },
    {
        name: 'recount: fingerprints tell whether the result is of these ballots',
        once: true,
        run: async ({ page, specimen }) => {
            if (specimen) return 'skip'
            await open_recount(page)
            await choose(page, [published('likt.pb')])
            await page.locator('.recount-prints').waitFor({ state: 'attached' })
            const prints = await page.locator('.recount-prints code').allTextContents()
            assert.ok(prints.length === 2 && prints.every((print) => /^[0-9a-f]{64}$/.test(print)), prints.join())
            const result = (ballots_sha256: string) => file('likt.json', JSON.stringify({ ...(JSON.parse(published('likt.json').buffer.toString()) as object), ballots_sha256, rule_sha256: prints[1] }))
            await choose(page, [published('likt.pb'), result(prints[0]!)])
            await page.getByText('Fingeravtrykket viser at det er de samme stemmesedlene.').waitFor()
            await choose(page, [published('likt.pb'), result('0'.repeat(64))])
            await notice(page, 'danger').waitFor()
            assert.match((await notice(page, 'danger').textContent()) ?? '', /andre stemmesedler enn dem i likt\.pb/)
        },
    },
    {
        name: 'recount: a file without a rule is counted by one that is chosen, and the address keeps it',
        once: true,
        run: async ({ page, specimen }) => {
            if (specimen) return 'skip'
            await open_recount(page)
            await choose(page, [file('valg.pb', published('narmiljo.pb').buffer.toString().replace('rule;greedy', 'rule;greedy-custom'))])
            await notice(page, 'warning').waitFor()
            assert.match((await notice(page, 'warning').textContent()) ?? '', /greedy-custom/)
            assert.equal(await page.locator('.recount-projects').count(), 0)
            await page.locator('#recount-rule').selectOption('mes-cost-add1u')
            await page.locator('.recount-projects').first().waitFor()
            assert.equal(await page.locator('.recount-projects').first().locator('> li').count(), 6)
            assert.match(page.url(), /regel=mes-cost-add1u/)
            // The file's own outcome is greedy's.
            await notice(page, 'danger').waitFor()
            await page.goto(`${recount}?valg=narmiljo&regel=phragmen`)
            await page.locator('.recount-projects').first().waitFor()
            assert.equal(await page.locator('#recount-rule').inputValue(), 'phragmen')
        },
    },
    {
        name: 'recount: counts with the network cut',
        once: true,
        run: async ({ page, specimen }) => {
            if (specimen) return 'skip'
            await open_recount(page)
            await page.locator('[data-island][data-complete]').waitFor()
            await page.context().setOffline(true)
            const asked: string[] = []
            // The browser itself asks for its icon again when the address changes.
            page.on('request', (request) => /^http(?!.*favicon)/.test(request.url()) && asked.push(request.url()))
            // What unpacks came with the page, too.
            await choose(page, [{ ...published('leketoy.pb'), name: 'leketoy.pb.zst', buffer: zstdCompressSync(published('leketoy.pb').buffer) }, published('leketoy.json')])
            await page.locator('.recount-projects').first().waitFor()
            await page.locator('#recount-rule').selectOption('mes-cardinality-add1u')
            // By another rule than the published one, so nothing is said of it.
            await notice(page, 'info').first().waitFor()
            await page.locator('.recount-projects').first().waitFor()
            // How close it was takes many counts; giving up begins another worker, still without the network.
            const winner = page.locator('.recount-projects > li').first()
            await winner.locator('summary').click()
            const ask = winner.locator('details button').first()
            if ((await ask.count()) > 0) await ask.click()
            // What other rules would have led to, and the result as a file.
            await page.locator('.recount-figures button').click()
            await page.locator('.recount-figures [role=status] p').nth(1).waitFor()
            await Promise.all([page.waitForEvent('download'), page.getByRole('button', { name: 'JSON' }).click()])
            await page.locator('#recount-rule').selectOption('greedy')
            await page.waitForURL(/regel=greedy/)
            await page.waitForFunction(() => document.querySelector('.recount [aria-busy=true]') === null)
            await page.locator('.recount-projects').first().waitFor()
            assert.deepEqual(asked, [])
            await page.context().setOffline(false)
        },
    },
    {
        name: 'recount: a voter sees what the share paid for, and nothing of it leaves the page',
        run: async ({ page, specimen, look }) => {
            if (specimen) return 'skip'
            await open_recount(page)
            await choose(page, [published('leketoy.pb')])
            await page.locator('.recount-projects').first().waitFor()
            const asked: string[] = []
            page.on('request', (request) => /^(http|ws)(?!.*favicon)/.test(request.url()) && asked.push(request.url()))
            const traces = () =>
                page.evaluate(() => JSON.stringify([location.href, document.cookie, { ...localStorage }, { ...sessionStorage }, history.state as unknown]))
            const before = await traces()
            const own = page.locator('.recount-own')
            await own.locator('summary').click()
            // The first winner, and whoever is last among those that lost.
            const won = (await page.locator('.recount-projects').first().locator('.recount-name').first().textContent())!
            const lost = (await page.locator('.recount-projects').nth(1).locator('.recount-name').last().textContent())!
            await own.getByLabel(won, { exact: true }).check()
            await own.getByLabel(lost, { exact: true }).check()
            const became = own.locator('.recount-own-became > li')
            await became.nth(1).waitFor()
            assert.equal(await became.first().getAttribute('data-won'), 'true')
            assert.equal(await became.nth(1).getAttribute('data-won'), 'false')
            const told = (await own.locator('[role=status]').textContent()) ?? ''
            assert.match(told, { nb: /Du fikk med 1 av 2\..*sto igjen/s, nn: /Du fekk med 1 av 2\..*stod igjen/s, en: /You got 1 of 2\..*was left/s }[look.language])
            await is_accessible(page)
            await fits(page)
            assert.equal(await traces(), before)
            assert.deepEqual(asked, [])
            // Another rule keeps what was filled in; where nobody has a share none is told of.
            await page.locator('#recount-rule').selectOption('greedy')
            await page.waitForURL(/regel=greedy/)
            await became.nth(1).waitFor()
            assert.doesNotMatch((await own.locator('[role=status]').textContent()) ?? '', /sto igjen|stod igjen|was left/)
            assert.deepEqual(asked, [])
            await own.locator('button').click()
            assert.equal(await became.count(), 0)
            assert.equal(await own.locator('input:checked').count(), 0)
            assert.ok(await own.evaluate((box) => (box as HTMLDetailsElement).open), 'the box stays open for other choices')
        },
    },
    {
        name: 'recount: by keyboard alone',
        once: true,
        run: async ({ page, specimen }) => {
            if (specimen) return 'skip'
            await page.goto(`${recount}?valg=likt`)
            await page.locator('.recount-projects').first().waitFor()
            await page.locator('#recount-files').focus()
            const reached = async (selector: string) => {
                for (let presses = 0; presses < 20; ++presses) {
                    await page.keyboard.press('Tab')
                    if (await page.evaluate((wanted) => document.activeElement?.matches(wanted), selector)) return
                }
                assert.fail(`tab does not reach ${selector}`)
            }
            await reached('#recount-rule')
            await page.keyboard.press('ArrowDown')
            await page.waitForURL(/regel=greedy/)
            await page.locator('.recount-projects').first().waitFor()
            await reached('.recount-why > summary')
            await page.keyboard.press('Enter')
            assert.equal(await page.locator('.recount-why[open]').count(), 1)
        },
    },
    {
        name: 'recount: read what it is, and the command, without script',
        script: false,
        run: async ({ page, specimen }) => {
            if (specimen) return 'skip'
            await page.goto(recount)
            assert.match((await page.locator('main').textContent()) ?? '', /bypuls verify count valg\.pb valg\.json/)
            await fits(page)
            await page.goto(library)
            assert.equal(await page.locator('.bp-library > li').count(), 4)
            assert.equal(await page.locator('.bp-library > li', { hasText: 'EUPL-1.2' }).count(), 4)
            await fits(page)
        },
    },
    {
        name: 'recount: load little: 50 kB of page, 30 kB of style, 200 kB of script',
        once: true,
        run: async ({ page, specimen }) => {
            if (specimen) return 'skip'
            await open_recount(page)
            await islands_are_alive(page)
            const sizes = await sizes_of_first_visit(page)
            console.log(`  recount page: ${sizes.document} B HTML, ${sizes.stylesheet} B style and ${sizes.script} B script gzipped`)
            assert.ok(sizes.document < 50_000 && sizes.stylesheet < 30_000 && sizes.script < 200_000, JSON.stringify(sizes))
        },
    },
]
