/// Numbers of the quality rules as they are set: nobody may read another bound than the one that readings are judged by.
import type { Format } from '../words/format.ts'
import type { Words } from '../words/words.ts'

const decimals_max = 12

/// As many as the number has.
export function rule_decimals(value: number): number {
    let decimals = 0
    while (decimals < decimals_max && Number(value.toFixed(decimals)) !== value) decimals++
    return decimals
}

/// In hours, or below an hour in minutes, or below a minute in seconds; a span that is not whole in one is told in the
/// next smaller.
export function rule_span(words: Words, format: Format, seconds: number): string {
    const of = (key: 'quality.rule_hours' | 'quality.rule_minutes' | 'quality.rule_seconds', length: number) =>
        words.say(key, { n: format.number(seconds / length, rule_decimals(seconds / length)) })
    if (seconds >= 3600 && (seconds * 100) % 3600 === 0) return of('quality.rule_hours', 3600)
    if (seconds >= 60 && seconds % 60 === 0) return of('quality.rule_minutes', 60)
    return of('quality.rule_seconds', 1)
}
