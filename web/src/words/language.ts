export const languages = ['nb', 'nn', 'en'] as const
export type Language = (typeof languages)[number]

export const own_names: Record<Language, string> = { nb: 'Bokmål', nn: 'Nynorsk', en: 'English' }

/// The language of the page, as the server wrote it.
export function page_language(): Language {
    const tag = document.documentElement.lang
    return languages.find((language) => language === tag) ?? 'nb'
}
