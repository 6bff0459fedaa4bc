import { afterEach, describe, expect, it, vi } from 'vitest'
import { public_words } from '../words/load.ts'
import { start_islands } from './mount.ts'

describe('islands', () => {
    afterEach(() => vi.unstubAllGlobals())

    async function start(island: () => Promise<{ mount: (element: HTMLElement, props: unknown) => void }>): Promise<HTMLElement> {
        // Everything is near.
        vi.stubGlobal('IntersectionObserver', undefined)
        Reflect.deleteProperty(window, 'IntersectionObserver')
        document.body.innerHTML = '<div data-island="curve" data-props="{&quot;unit&quot;:&quot;Cel&quot;}"><p>tabell</p></div>'
        start_islands({ './bathing/curve.island.tsx': island }, () => public_words('nb'))
        const element = document.querySelector<HTMLElement>('[data-island]')!
        await vi.waitFor(() => expect(element.dataset.islandState).toBeDefined())
        return element
    }

    it('come to life with the props that the server wrote', async () => {
        const mount = vi.fn()
        const element = await start(async () => ({ mount }))
        expect(mount.mock.calls[0]!.slice(0, 2)).toEqual([element, { unit: 'Cel' }])
        expect(element.dataset.islandState).toBe('alive')
    })
    it('leave the fallback when they fail', async () => {
        vi.spyOn(console, 'error').mockImplementation(() => undefined)
        const element = await start(() => Promise.reject(new Error('offline')))
        expect(element.textContent).toBe('tabell')
        expect(element.dataset.islandState).toBe('failed')
    })
})
