/// Numbers, dates and ages as people write them: the same rules as src/core/words/format.h, held to the same cases.json.
import { grouped, type Words } from './words.ts'

const no_break_space = '\u00A0'
const minus_sign = '\u2212'
const no_number = '\u2013'

const minute = 60_000
const hour = 60 * minute
const day = 24 * hour

export interface Civil {
    year: number
    month: number
    day: number
    hour: number
    minute: number
    weekday: number
}

/// Made when it is first asked for: a phone takes a fifth of a second to make it, and many pages tell no time.
let oslo: Intl.DateTimeFormat | undefined
const in_oslo = (): Intl.DateTimeFormat =>
    (oslo ??= new Intl.DateTimeFormat('en-GB', {
        timeZone: 'Europe/Oslo',
        year: 'numeric',
        month: 'numeric',
        day: 'numeric',
        hour: 'numeric',
        minute: 'numeric',
        hourCycle: 'h23',
    }))

/// The calendar and clock on the wall in Drammen. `t` is milliseconds since 1970, UTC.
export function civil(t: number): Civil {
    const parts = Object.fromEntries(in_oslo().formatToParts(t).map(({ type, value }) => [type, Number(value)]))
    const { year = 0, month = 0, day: of_month = 0, hour: of_day = 0, minute: of_hour = 0 } = parts
    const weekday = new Date(Date.UTC(year, month - 1, of_month)).getUTCDay()
    return { year, month, day: of_month, hour: of_day, minute: of_hour, weekday }
}

/// Days since 1970 of the day on the wall.
function day_number(at: Civil): number {
    return Date.UTC(at.year, at.month - 1, at.day) / day
}

function rounded(value: number, decimals: number): string {
    if (value >= 1e15) return value.toFixed(decimals)
    const shortest = String(value)
    const plain = shortest.includes('e') ? value.toFixed(12) : shortest
    const digits = String(Math.round(Number(`${plain}e${decimals}`))).padStart(decimals + 1, '0')
    return decimals === 0 ? digits : `${digits.slice(0, -decimals)}.${digits.slice(-decimals)}`
}

const two = (n: number) => String(n).padStart(2, '0')

const symbols: Record<string, string> = { Cel: '°C', '1': '', '{index}': '', 'ug/m3': 'µg/m³', m3: 'm³', L: 'l', '[degF]': '°F', '{CFU}/(100.mL)': 'per 100 ml', deg: '°' }
const whole_units = ['%', 'cm', '1', '{index}', 'deg', 'ug/m3', '{CFU}/(100.mL)']

export const unit_symbol = (unit: string): string => symbols[unit] ?? unit
export const decimals_of = (unit: string): number => (whole_units.includes(unit) ? 0 : 1)

export class Format {
    constructor(readonly words: Words) {}

    number(value: number, decimals: number): string {
        if (!Number.isFinite(value)) return no_number
        const [integer = '', fraction] = rounded(Math.abs(value), decimals).split('.')
        const is_zero = !/[1-9]/.test(integer + (fraction ?? ''))
        const point = this.words.language === 'en' ? '.' : ','
        const sign = value < 0 && !is_zero ? minus_sign : ''
        return sign + grouped(this.words.language, integer) + (fraction === undefined ? '' : point + fraction)
    }

    quantity(value: number, decimals: number, unit: string): string {
        const symbol = unit_symbol(unit)
        return this.number(value, decimals) + (symbol === '' ? '' : no_break_space + symbol)
    }

    distance(metres: number): string {
        const tens = Math.round(metres / 10) * 10
        if (tens < 1000) return this.quantity(tens, 0, 'm')
        return this.quantity(metres / 1000, metres < 9950 ? 1 : 0, 'km')
    }

    month(month: number): string {
        return this.words.lookup(`month.${month}`)
    }

    weekday(t: number): string {
        return this.words.lookup(`weekday.${civil(t).weekday}`)
    }

    date(t: number): string {
        const at = civil(t)
        return this.words.say('format.date', { day: String(at.day), month: this.month(at.month), year: String(at.year) })
    }

    day_and_month(t: number): string {
        const at = civil(t)
        return this.words.say('format.day_and_month', { day: String(at.day), month: this.month(at.month) })
    }

    short_date(t: number): string {
        const at = civil(t)
        if (this.words.language === 'en') return `${at.day} ${this.words.lookup(`month_short.${at.month}`)} ${at.year}`
        return `${two(at.day)}.${two(at.month)}.${at.year}`
    }

    clock_digits(t: number): string {
        const at = civil(t)
        return `${two(at.hour)}${this.words.language === 'en' ? ':' : '.'}${two(at.minute)}`
    }

    time_of_day(t: number): string {
        return this.words.say('format.clock', { digits: this.clock_digits(t) })
    }

    date_and_time(t: number): string {
        return this.words.say('format.date_and_time', { date: this.date(t), clock: this.time_of_day(t) })
    }

    /// How long ago, as a neighbour would say it.
    age(then: number, now: number): string {
        const { say, plural } = this.words
        const span = now - then
        if (span < -minute) return this.date_and_time(then)
        if (span < minute) return say('age.now')
        if (span < hour) return plural('age.minutes', Math.floor(span / minute))
        const at = civil(then)
        const today = civil(now)
        const days = day_number(today) - day_number(at)
        if (days <= 0 || span < 4 * hour) return plural('age.hours', Math.floor(span / hour))
        if (days === 1) return say('age.yesterday', { clock: this.short_clock(at) })
        if (days <= 6) return say('age.weekday', { weekday: this.weekday(then), clock: this.short_clock(at) })
        return at.year === today.year ? this.day_and_month(then) : this.date(then)
    }

    length_of_time(milliseconds: number): string {
        const { plural } = this.words
        const minutes = Math.round(Math.abs(milliseconds) / minute)
        if (minutes < 60) return plural('length.minutes', minutes)
        const hours = Math.round(minutes / 60)
        if (hours < 48) return plural('length.hours', hours)
        return plural('length.days', Math.round(hours / 24))
    }

    private short_clock(at: Civil): string {
        if (this.words.language === 'en') return this.words.say('format.clock', { digits: `${two(at.hour)}:${two(at.minute)}` })
        const digits = at.minute === 0 ? String(at.hour) : `${at.hour}.${two(at.minute)}`
        return this.words.say('format.clock', { digits })
    }
}
