import { describe, expect, it } from 'vitest'
import { body_of, days_of_month, decimal_of, draft_of, empty_draft, in_norway, type Place, point_of, season_in, slug_in, slug_of, usual_season } from './place_form.ts'

const tjern: Place = {
    slug: 'ovre-tjern',
    kind: 'bathing',
    season: { kind: 'summer', first: '05-05', last: '09-15' },
    name: { nb: 'Øvre tjern', nn: '', en: 'Upper Pond' },
    description: { nb: 'Skogstjern.', nn: '', en: '' },
    latitude: 59.744,
    longitude: -10.2,
    approximate: true,
    area: 'Strømsø',
    published: false,
    datastreams: [],
    devices: [],
    url: '/bading/ovre-tjern',
}

describe('the address of a place', () => {
    it.each([
        ['Øvre tjern', 'ovre-tjern'],
        ['Ærfuglå, Åsen', 'aerfugla-asen'],
        ['  Café  (nord) 2 ', 'cafe-nord-2'],
        ['Gjennom «porten»', 'gjennom-porten'],
        ['…', ''],
    ])('of %s is %s', (name, slug) => expect(slug_of(name)).toBe(slug))
    it('ends at 60 characters, not in a hyphen', () => expect(slug_of(`${'a'.repeat(59)} bakken`)).toBe('a'.repeat(59)))
    it('follows the name until somebody writes one', () => {
        const draft = { ...empty_draft, name: { ...empty_draft.name, nb: 'Sota' } }
        expect(slug_in(draft)).toBe('sota')
        expect(slug_in({ ...draft, slug: 'sota-fjordpark' })).toBe('sota-fjordpark')
    })
})

describe('the season of a place', () => {
    it('follows the kind until somebody says otherwise', () => {
        expect(season_in(empty_draft)).toEqual({ kind: 'summer', first: { day: '15', month: '5' }, last: { day: '15', month: '9' } })
        expect(season_in({ ...empty_draft, kind: 'ski' }).kind).toBe('winter')
        expect(season_in({ ...empty_draft, kind: 'air' }).kind).toBe('all_year')
        expect(season_in({ ...empty_draft, kind: 'ski', season: usual_season('all_year') }).kind).toBe('all_year')
    })
    it('has days that are there', () => expect(['2', '4', '12'].map(days_of_month)).toEqual([29, 30, 31]))
})

describe('the position of a place', () => {
    it('is written with comma or point', () => {
        expect([' 59,744 ', '59.744', '-10', '\u22123,5'].map(decimal_of)).toEqual([59.744, 59.744, -10, -3.5])
        expect(['', '59,744, 10,2', '59°44′', '1e2', '6.630.000'].map(decimal_of)).toEqual([undefined, undefined, undefined, undefined, undefined])
    })
    it('says which number is wrong', () => {
        expect(point_of({ ...empty_draft, latitude: '6630000', longitude: '10' })).toBe('latitude')
        expect(point_of({ ...empty_draft, latitude: '59', longitude: '250000' })).toBe('longitude')
        expect(point_of({ ...empty_draft, latitude: '59,7', longitude: '10,2' })).toEqual({ latitude: 59.7, longitude: 10.2 })
    })
    it('is doubted when latitude and longitude have changed places', () => {
        expect(in_norway({ latitude: 59.7, longitude: 10.2 })).toBe(true)
        expect(in_norway({ latitude: 10.2, longitude: 59.7 })).toBe(false)
    })
})

it('what is opened and saved unchanged is what it was', () => {
    const draft = draft_of(tjern, ',')
    expect([draft.latitude, draft.longitude]).toEqual(['59,744', '-10,2'])
    const point = point_of(draft)
    if (typeof point === 'string') throw new Error(point)
    const { slug, devices, url, ...kept } = tjern
    expect(body_of(draft, point, [])).toEqual(kept)
})
it('broken lines become one text', () => {
    const draft = { ...draft_of(tjern, '.'), description: { nb: ' Svaberg.\n  Brygge. ', nn: '', en: '' } }
    expect(body_of(draft, { latitude: 1, longitude: 2 }, ['7'])).toMatchObject({ description: { nb: 'Svaberg. Brygge.' }, datastreams: ['7'] })
})
