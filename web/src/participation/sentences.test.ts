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
import { ballots_of, Teller } from './sentences.ts'
import { recount_words } from './words.ts'

const golden = { nb: golden_nb, nn: golden_nn, en: golden_en }

describe('a count in plain words', () => {
    it.each(languages)('is what the program says in %s, how close it was included', async (language) => {
        const read = read_pabulib(play_money)
        if (!read.ok || !read.value.rule.ok) throw new Error()
        const { election, rule } = read.value
        const result = count(election, rule.value)
        if (!result.ok) throw new Error()
        const teller = new Teller(await recount_words(language), election, rule.value)
        const { winners, votes } = result.value
        const losers = election.projects.map((_, project) => project).filter((project) => !winners.includes(project))
        losers.sort((a, b) => votes[b]! - votes[a]!)
        const told = [teller.whole(result.value, ballots_of(election))]
        for (const project of [...winners, ...losers]) {
            told.push(teller.project(result.value, project, closeness(election, rule.value, result.value, project))!)
        }
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
