import type { Schemas } from '../api/client.ts'

export type Place = Schemas['StaffPlace']
export type Kind = Schemas['AnyPlaceKind']
export type InLanguages = Schemas['InLanguages']
type SeasonKind = Schemas['SeasonOfPlace']['kind']

export const kinds: readonly Kind[] = ['bathing', 'ski', 'air', 'water', 'weather', 'traffic', 'other']
export const season_kinds: readonly SeasonKind[] = ['summer', 'winter', 'all_year']

/// A day of any year, as it is being typed.
export interface Day {
    day: string
    month: string
}
export interface Season {
    kind: SeasonKind
    first: Day
    last: Day
}

/// A place as it is being written. What nobody has said yet follows from the rest: the address from the name, the season
/// from the kind.
export interface Draft {
    slug?: string
    kind: Kind
    season?: Season
    name: InLanguages
    description: InLanguages
    latitude: string
    longitude: string
    approximate: boolean
    area: string
    published: boolean
}

const nothing: InLanguages = { nb: '', nn: '', en: '' }
export const empty_draft: Draft = { kind: 'bathing', name: nothing, description: nothing, latitude: '', longitude: '', approximate: false, area: '', published: false }

const read_day = (text: string): Day => ({ month: String(Number(text.slice(0, 2))), day: String(Number(text.slice(3))) })
const write_day = ({ day, month }: Day): string => `${month.padStart(2, '0')}-${day.trim().padStart(2, '0')}`
const read_season = ({ kind, first, last }: Schemas['SeasonOfPlace']): Season => ({ kind, first: read_day(first), last: read_day(last) })

/// `point` is the reader's decimal sign.
export function draft_of(place: Place, point: ',' | '.'): Draft {
    const degrees = (value: number) => String(value).replace('.', point)
    const { slug, kind, season, name, description, latitude, longitude, approximate, area, published } = place
    return { slug, kind, season: read_season(season), name, description, latitude: degrees(latitude), longitude: degrees(longitude), approximate, area, published }
}

const slug_max = 60

/// What a name becomes in an address: "Øvre tjern" is "ovre-tjern".
export function slug_of(name: string): string {
    const letters = name.toLowerCase().replaceAll('æ', 'ae').replaceAll('ø', 'o').replaceAll('å', 'a')
    const plain = letters.normalize('NFD').replace(/\p{Mark}/gu, '')
    return plain
        .replace(/[^a-z0-9]+/g, '-')
        .replace(/^-/, '')
        .slice(0, slug_max)
        .replace(/-$/, '')
}
export const slug_in = (draft: Draft): string => draft.slug ?? slug_of(draft.name.nb)

export function usual_season(kind: SeasonKind): Season {
    const days = { summer: ['05-15', '09-15'], winter: ['11-15', '04-15'], all_year: ['01-01', '12-31'] } as const
    const [first, last] = days[kind]
    return read_season({ kind, first, last })
}
export function season_in({ kind, season }: Draft): Season {
    return season ?? usual_season(kind === 'bathing' ? 'summer' : kind === 'ski' ? 'winter' : 'all_year')
}
export const days_of_month = (month: string): number => new Date(Date.UTC(2024, Number(month), 0)).getUTCDate()

/// A number with comma or point; nothing when it is none.
export function decimal_of(text: string): number | undefined {
    const plain = text.trim().replace(',', '.').replace('\u2212', '-')
    return /^-?\d+(\.\d+)?$/.test(plain) ? Number(plain) : undefined
}

export interface Point {
    latitude: number
    longitude: number
}
export function point_of(draft: Draft): Point | 'latitude' | 'longitude' {
    const [latitude, longitude] = [decimal_of(draft.latitude), decimal_of(draft.longitude)]
    if (latitude === undefined || Math.abs(latitude) > 90) return 'latitude'
    if (longitude === undefined || Math.abs(longitude) > 180) return 'longitude'
    return { latitude, longitude }
}
/// Norway with Svalbard and Jan Mayen, in whole degrees around it.
export const in_norway = ({ latitude, longitude }: Point): boolean => latitude >= 57 && latitude <= 81 && longitude >= -10 && longitude <= 34

/// Lines that were broken while typing are one text on the page.
const one_line = (text: string): string => text.trim().replace(/\s*\n\s*/g, ' ')
const trimmed = ({ nb, nn, en }: InLanguages): InLanguages => ({ nb: one_line(nb), nn: one_line(nn), en: one_line(en) })

export function body_of(draft: Draft, point: Point, datastreams: string[]): Schemas['NewPlace'] {
    const { kind, approximate, published } = draft
    const season = season_in(draft)
    return {
        kind,
        season: { kind: season.kind, first: write_day(season.first), last: write_day(season.last) },
        name: trimmed(draft.name),
        description: trimmed(draft.description),
        ...point,
        approximate,
        area: draft.area.trim(),
        published,
        datastreams,
    }
}
