import type common from '@messages/common.nb.json'
import type counting from '@messages/counting.nb.json'
import type format from '@messages/format.nb.json'
import type islands from '@messages/islands.nb.json'
import type recount from '@messages/recount.nb.json'
import type staff from '@messages/staff.nb.json'
import type { Language } from './language.ts'

/// The name of a message that exists: a misspelt one does not type-check. The same files as core/words of the server.
export type Key = keyof typeof common | keyof typeof format | keyof typeof islands | keyof typeof staff | keyof typeof counting | keyof typeof recount
export type PluralKey = { [K in Key]: K extends `${infer Stem}.one` ? Stem : never }[Key]
export type Texts = Partial<Record<Key, string>>
export type Arguments = Record<string, string>

function put_in(message: string, given: Arguments): string {
    return message.replace(/\{([a-z_]+)\}/g, (whole, name: string) => given[name] ?? whole)
}

/// Every sentence of the page in its language.
export class Words {
    constructor(
        readonly language: Language,
        private readonly texts: Texts,
    ) {}

    say = (key: Key, given: Arguments = {}): string => this.lookup(key, given)

    plural = (key: PluralKey, n: number, given: Arguments = {}): string =>
        this.lookup(`${key}.${n === 1 ? 'one' : 'other'}`, { n: grouped(this.language, String(n)), ...given })

    /// For keys made while running. An unknown one is given back itself, in brackets.
    lookup = (key: string, given: Arguments = {}): string => {
        const text = (this.texts as Record<string, string>)[key]
        return text === undefined ? `[${key}]` : put_in(text, given)
    }
}

const no_break_space = '\u00A0'

export function grouped(language: Language, digits: string): string {
    return digits.replace(/\B(?=(\d{3})+$)/g, language === 'en' ? ',' : no_break_space)
}
