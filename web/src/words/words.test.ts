import { describe, expect, it } from 'vitest'
import cases from '../../../src/core/words/cases.json'
import { Format } from './format.ts'
import { languages } from './language.ts'
import { public_words, staff_words } from './load.ts'

const time = (text: unknown) => Date.parse(text as string)

const writers: Record<string, (format: Format, row: unknown[]) => string> = {
    number: (format, row) => format.number(row[0] as number, row[1] as number),
    quantity: (format, row) => format.quantity(row[0] as number, row[1] as number, row[2] as string),
    distance: (format, row) => format.distance(row[0] as number),
    date: (format, row) => format.date(time(row[0])),
    short_date: (format, row) => format.short_date(time(row[0])),
    weekday: (format, row) => format.weekday(time(row[0])),
    time_of_day: (format, row) => format.time_of_day(time(row[0])),
    date_and_time: (format, row) => format.date_and_time(time(row[0])),
    age: (format, row) => format.age(time(row[0]), time(row[1])),
    length_of_time: (format, row) => format.length_of_time((row[0] as number) * 1000),
}

describe('the words of the browser are those of the server', () => {
    it.each(Object.entries(cases as Record<string, unknown[][]>))('in every case of %s', async (name, rows) => {
        for (const [index, language] of languages.entries()) {
            const format = new Format(await public_words(language))
            for (const row of rows) {
                expect(writers[name]!(format, row), JSON.stringify(row)).toBe(row[row.length - 3 + index])
            }
        }
    })
})

describe('messages', () => {
    const files = import.meta.glob<Record<string, string>>('../../../messages/*.json', { eager: true, import: 'default' })
    const names_in = (text: string) => [...new Set([...text.matchAll(/\{([a-z_]+)\}/g)].map((match) => match[1]))].sort()
    const bokmal = Object.keys(files).filter((name) => name.endsWith('.nb.json'))

    it('are there', () => expect(bokmal.length).toBeGreaterThan(3))

    it.each(bokmal)('%s has the same keys and names in every language', (name) => {
        const nb = files[name]!
        for (const language of ['nn', 'en']) {
            const other = files[name.replace('.nb.', `.${language}.`)]!
            expect(Object.keys(other).sort()).toEqual(Object.keys(nb).sort())
            for (const [key, text] of Object.entries(nb)) expect(names_in(other[key]!), key).toEqual(names_in(text))
        }
    })

    it('count in the right number', async () => {
        const words = await staff_words('nn')
        expect(words.plural('age.hours', 1)).toBe('for 1 time sidan')
        expect(words.plural('age.hours', 1200)).toBe('for 1\u00A0200 timar sidan')
        expect(words.lookup('no.such')).toBe('[no.such]')
    })
})
