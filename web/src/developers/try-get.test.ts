import { act } from 'react'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { public_words } from '../words/load.ts'
import { mount, shown_answer } from './try-get.island.tsx'

afterEach(() => vi.unstubAllGlobals())

describe('trying an example', () => {
    it('shows what our own address answers', async () => {
        vi.stubGlobal('fetch', async (path: string) => new Response(JSON.stringify({ path }), { headers: { 'Content-Type': 'application/json' } }))
        const stage = document.createElement('div')
        stage.innerHTML = '<p><a href="/x">Se svaret</a></p>'
        mount(stage, { path: '/x' }, await public_words('nb'))
        expect(stage.querySelector('a')).not.toBeNull()
        await act(async () => stage.querySelector('button')!.click())
        await vi.waitFor(() => expect(stage.querySelector('pre')!.textContent).toBe('{\n  "path": "/x"\n}'))
        expect(stage.querySelector('[role=status]')!.textContent).toMatch(/^Svar 200 på .*ms, 0,0\u00A0kB$/)
    })
    it('says when there was no answer', async () => {
        vi.stubGlobal('fetch', async () => Promise.reject(new TypeError('offline')))
        const stage = document.createElement('div')
        mount(stage, { path: '/x' }, await public_words('en'))
        await act(async () => stage.querySelector('button')!.click())
        await vi.waitFor(() => expect(stage.querySelector('[role=status]')!.textContent).toMatch(/no answer/))
    })
    it('leaves the end of a long answer out', () => {
        expect(shown_answer('x'.repeat(5000), false)).toEqual({ text: 'x'.repeat(4000), shortened: true })
        expect(shown_answer('[1]', true).text).toBe('[\n  1\n]')
    })
})
