import '../style/staff.css'
import { createRoot } from 'react-dom/client'
import { languages, type Language } from '../words/language.ts'
import { staff_words } from '../words/load.ts'
import { App } from './app.tsx'

/// ?lang=, then the last choice, then the browser's languages, then bokmål.
function chosen_language(): Language {
    const wanted = [new URLSearchParams(location.search).get('lang'), localStorage.getItem('staff-language'), ...navigator.languages]
    for (const tag of wanted) {
        const base = tag?.split('-')[0]
        const found = languages.find((language) => language === base || (base === 'no' && language === 'nb'))
        if (found) return found
    }
    return 'nb'
}

async function start(): Promise<void> {
    const language = chosen_language()
    localStorage.setItem('staff-language', language)
    document.documentElement.lang = language
    const theme = localStorage.getItem('theme')
    if (theme) document.documentElement.dataset.colorScheme = theme
    const words = await staff_words(language)
    document.title = `${words.say('staff.title')} – ${words.say('shell.service')}`
    createRoot(document.getElementById('staff')!).render(<App words={words} />)
}

void start()
