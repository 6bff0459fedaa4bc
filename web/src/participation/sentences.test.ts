import { describe, expect, it } from 'vitest'
import play_money from '../../../tests/data/participation/play_money.pb?raw'
import golden_en from '../../../tests/data/participation/play_money.en.txt?raw'
import golden_nb from '../../../tests/data/participation/play_money.nb.txt?raw'
import golden_nn from '../../../tests/data/participation/play_money.nn.txt?raw'
import one_place from '../../../tests/data/participation/one_place.pb?raw'
import place_en from '../../../tests/data/participation/one_place.en.txt?raw'
import place_nb from '../../../tests/data/participation/one_place.nb.txt?raw'
import place_nn from '../../../tests/data/participation/one_place.nn.txt?raw'
import { languages } from '../words/language.ts'
import { count_beside } from './counting/beside.ts'
import { count } from './counting/count.ts'
import { closeness } from './counting/distance.ts'
import { figures } from './counting/figures.ts'
import { read_pabulib } from './counting/pabulib.ts'
import { change_in_words, measures_of } from './closeness.tsx'
import { ballots_of, Teller } from './sentences.ts'
import { recount_words } from './words.ts'

const told_of = {
    play_money: { file: play_money, golden: { nb: golden_nb, nn: golden_nn, en: golden_en } },
    one_place: { file: one_place, golden: { nb: place_nb, nn: place_nn, en: place_en } },
}
const cases = languages.flatMap((language) => (['play_money', 'one_place'] as const).map((vote) => [language, vote] as const))

describe('a count in plain words', () => {
    it.each(cases)('is what the program says in %s of %s, how close it was included', async (language, vote) => {
        const { file, golden } = told_of[vote]
        const read = read_pabulib(file)
        if (!read.ok || !read.value.rule.ok) throw new Error()
        const { election, rule } = read.value
        const result = count(election, rule.value)
        if (!result.ok) throw new Error()
        const words = await recount_words(language)
        const teller = new Teller(words, election, rule.value)
        const { winners, votes } = result.value
        const losers = election.projects.map((_, project) => project).filter((project) => !winners.includes(project))
        losers.sort((a, b) => votes[b]! - votes[a]!)
        const told = [teller.whole(result.value, ballots_of(election))]
        const known = new Map([...winners, ...losers].map((project) => [project, closeness(election, rule.value, result.value, project)]))
        // The program asks for every cost together, and so knows of those that the page finds by trying that none is larger.
        for (const { cost_reduction } of known.values()) if (cost_reduction) cost_reduction.smallest = true
        for (const [project, close] of known) told.push(teller.project(result.value, project, close)!)
        // What the page has in a table. Of these lines only the amounts are made by the page's own code, change_in_words(): the headings, and how a
        // line is put together, are the program's, and stand here so that the amounts are compared in their places.
        told.push('', words.say('counting.measures'))
        for (const project of losers) {
            told.push(teller.list([project]))
            for (const measure of measures_of(election.kind)) {
                const amount = change_in_words({ words, teller }, measure, known.get(project)![measure])
                told.push(`  ${words.say('counting.measure', { what: words.lookup(`recount.close.${measure}`), amount })}`)
            }
        }
        told.push(words.say('counting.missing_means'))
        const beside = count_beside(election, rule.value, result.value)
        if (!beside.ok) throw new Error()
        told.push('', ...teller.figures(figures(election, rule.value, result.value), votes))
        told.push(...beside.value.map((other) => teller.beside(other)))
        const lines = golden[language].trimEnd().split('\n')
        expect(told).toEqual(lines.slice(lines.indexOf(told[0]!)))
    }, 120_000) // a thousand counts in each language

    it('writes money as people do', async () => {
        const teller = new Teller(await recount_words('nb'), { projects: [], currency: 'NOK' })
        expect([100, 123_456_750, 5].map((amount) => teller.money(amount))).toEqual(['1\u00A0krone', '1\u00A0234\u00A0567,50\u00A0kroner', '5\u00A0øre'])
        const abroad = new Teller(await recount_words('en'), { projects: [], currency: 'PLN' })
        expect(abroad.money(123_456_750)).toBe('1,234,567.50\u00A0PLN')
    })
})
