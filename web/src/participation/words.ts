import type { Language } from '../words/language.ts'
import { type Texts, Words } from '../words/words.ts'

const texts: Record<Language, () => Promise<{ default: Texts }>> = {
    nb: () => import('./recount.nb.ts'),
    nn: () => import('./recount.nn.ts'),
    en: () => import('./recount.en.ts'),
}

/// What the recount says, in the page's language alone.
export async function recount_words(language: Language): Promise<Words> {
    return new Words(language, (await texts[language]()).default)
}
