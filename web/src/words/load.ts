import type { Language } from './language.ts'
import { Words, type Texts } from './words.ts'

type Loaders = Record<Language, () => Promise<{ default: Texts }>>

const public_texts: Loaders = {
    nb: () => import('./public.nb.ts'),
    nn: () => import('./public.nn.ts'),
    en: () => import('./public.en.ts'),
}
const staff_texts: Loaders = {
    nb: () => import('./staff.nb.ts'),
    nn: () => import('./staff.nn.ts'),
    en: () => import('./staff.en.ts'),
}

/// Only the page's language is fetched.
export async function public_words(language: Language): Promise<Words> {
    return new Words(language, (await public_texts[language]()).default)
}
export async function staff_words(language: Language): Promise<Words> {
    return new Words(language, (await staff_texts[language]()).default)
}
