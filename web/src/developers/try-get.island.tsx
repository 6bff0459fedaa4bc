import { press } from '../islands/press.ts'
import { Format } from '../words/format.ts'
import type { Words } from '../words/words.ts'

/// Asks one of our own addresses and shows what it answers, below the example that does the same.
export interface TryGetProps {
    /// Of ours: begins with a slash.
    path: string
}

const shown_max = 4_000

/// JSON with its lines, other text as it is; and whether the end was left out.
export function shown_answer(text: string, is_json: boolean): { text: string; shortened: boolean } {
    const whole = is_json ? JSON.stringify(JSON.parse(text), null, 2) : text
    return { text: whole.slice(0, shown_max), shortened: whole.length > shown_max }
}

export function mount(element: HTMLElement, { path }: TryGetProps, words: Words): void {
    const format = new Format(words)
    const { button, told } = press(words.say('try.button'))
    const answer = document.createElement('pre')
    answer.className = 'bp-code bp-answer'
    answer.tabIndex = 0
    answer.setAttribute('role', 'group')
    answer.setAttribute('aria-label', words.say('try.label'))
    answer.hidden = true
    button.addEventListener('click', async () => {
        told.textContent = words.say('try.asking')
        button.disabled = true
        const began = performance.now()
        try {
            const response = await fetch(path)
            const text = await response.text()
            const time = `${format.number(performance.now() - began, 0)}\u00A0ms`
            const { text: shown, shortened } = shown_answer(text, /json/.test(response.headers.get('Content-Type') ?? ''))
            const size = `${format.number(new Blob([text]).size / 1000, 1)}\u00A0kB`
            told.textContent = words.say('try.answer', { status: String(response.status), time, size }) + (shortened ? `. ${words.say('try.shortened')}` : '')
            answer.textContent = shown
            answer.hidden = false
        } catch {
            told.textContent = words.say('try.failed')
        } finally {
            button.disabled = false
        }
    })
    const row = document.createElement('div')
    row.className = 'bp-try'
    row.append(button, ...element.childNodes)
    element.replaceChildren(row, told, answer)
}
