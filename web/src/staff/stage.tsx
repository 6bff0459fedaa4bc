/// For tests: the staff app on a stage, with a server whose answers the test says.
import { act } from 'react'
import { createRoot } from 'react-dom/client'
import { afterEach, beforeEach, expect, vi } from 'vitest'
import type { Schemas } from '../api/client.ts'
import { staff_words } from '../words/load.ts'
import { App } from './app.tsx'

Object.assign(globalThis, { IS_REACT_ACT_ENVIRONMENT: true })

export interface Asked {
    request: string
    csrf_token: string | null
    body: unknown
}

export interface Stage {
    /// By "GET /api/v1/…"; what is not here is answered 401.
    answers: Record<string, unknown>
    asked: Asked[]
    element: () => HTMLElement
    /// Shows the app at an address.
    open: (address: string) => Promise<void>
    settled: (check: () => void) => Promise<void>
    shows: (text: string) => Promise<void>
    press: (label: string) => Promise<void>
    write: (selector: string, text: string) => Promise<void>
}

/// A staff member who is signed in.
export const session: Schemas['Session'] = { name: 'Kari', csrf_token: 'abc', expires: '2026-07-05T12:00:00Z' }

/// An answer that says no.
export class No {
    constructor(
        readonly status: number,
        readonly detail: string,
    ) {}
}

/// Sets the stage before each test of the file and clears it after.
export function use_stage(): Stage {
    const answers: Record<string, unknown> = {}
    const asked: Asked[] = []
    let root: ReturnType<typeof createRoot>
    let element: HTMLElement
    beforeEach(() => {
        vi.stubGlobal('fetch', async (url: string, init: RequestInit) => {
            const request = `${init.method} ${url.split('?')[0]}`
            asked.push({ request, csrf_token: new Headers(init.headers).get('X-CSRF-Token'), body: init.body === undefined ? undefined : JSON.parse(String(init.body)) })
            const answer = answers[request] ?? new No(401, 'Logg inn.')
            if (answer instanceof No) return Response.json({ type: 'x', title: '', instance: 'x', ...answer }, { status: answer.status })
            return Response.json(answer)
        })
        element = document.body.appendChild(document.createElement('div'))
        root = createRoot(element)
    })
    afterEach(async () => {
        await act(async () => root.unmount())
        element.remove()
        asked.length = 0
        for (const key of Object.keys(answers)) delete answers[key]
        vi.unstubAllGlobals()
    })
    const settled = (check: () => void) => act(async () => vi.waitFor(check))
    const press = async (label: string) => {
        const named = (button: Element) => button.textContent === label || button.getAttribute('aria-label') === label
        const button = [...element.querySelectorAll('button')].find(named)
        if (!button) throw new Error(`there is no button "${label}"`)
        await act(async () => button.click())
    }
    const write = async (selector: string, text: string) => {
        const field = element.querySelector<HTMLInputElement | HTMLTextAreaElement | HTMLSelectElement>(selector)
        if (!field) throw new Error(`there is no field ${selector}`)
        // React hears of a change only when the value is set past its own tracker.
        const set = Object.getOwnPropertyDescriptor(Object.getPrototypeOf(field), 'value')!.set!
        await act(async () => {
            set.call(field, text)
            field.dispatchEvent(new Event(field.tagName === 'SELECT' ? 'change' : 'input', { bubbles: true }))
        })
    }
    return {
        answers,
        asked,
        element: () => element,
        open: async (address) => {
            history.replaceState(null, '', address)
            const words = await staff_words('nb')
            await act(async () => root.render(<App words={words} />))
        },
        settled,
        shows: (text) => settled(() => expect(element.textContent).toContain(text)),
        press,
        write,
    }
}
