import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { public_words } from '../words/load.ts'
import { type Connection, keep_connected } from './connection.ts'
import { start_live } from './live.ts'

class Source extends EventTarget {
    static readonly CLOSED = 2
    static made: Source[] = []
    readyState = 0
    closed = false
    constructor(readonly url: string) {
        super()
        Source.made.push(this)
    }
    close(): void {
        this.closed = true
    }
    open(): void {
        this.readyState = 1
        this.dispatchEvent(new Event('open'))
    }
    /// The browser tries again by itself, unless it has given up.
    fail(gave_up = false): void {
        this.readyState = gave_up ? Source.CLOSED : 0
        this.dispatchEvent(new Event('error'))
    }
}

const newest = () => Source.made[Source.made.length - 1]!

describe('the connection of a page that stays open', () => {
    let told: Connection[]
    let device: EventTarget
    beforeEach(() => {
        vi.useFakeTimers()
        vi.stubGlobal('EventSource', Source)
        Source.made = []
        told = []
        device = new EventTarget()
    })
    afterEach(() => {
        vi.useRealTimers()
        vi.unstubAllGlobals()
        document.body.replaceChildren()
    })
    const start = () => keep_connected('/live', () => undefined, (state) => told.push(state), device as Window)

    it('is told when it has been lost for a while, and when it is back', () => {
        start()
        newest().open()
        newest().fail()
        vi.advanceTimersByTime(2_000)
        expect(told).toEqual(['on'])
        vi.advanceTimersByTime(2_000)
        expect(told).toEqual(['on', 'lost'])
        newest().open()
        expect(told).toEqual(['on', 'lost', 'back'])
        expect(Source.made).toHaveLength(1)
    })
    it('is not spoken of when it was gone for a moment', () => {
        start()
        newest().open()
        newest().fail()
        vi.advanceTimersByTime(1_000)
        newest().open()
        vi.advanceTimersByTime(60_000)
        expect(told).toEqual(['on'])
    })
    it('is made anew, less and less often, when the browser has given up', () => {
        start()
        newest().open()
        for (const [tries, wait] of [[2, 5_000], [3, 10_000], [4, 20_000], [5, 40_000], [6, 60_000], [7, 60_000]] as const) {
            newest().fail(true)
            vi.advanceTimersByTime(wait - 1)
            expect(Source.made).toHaveLength(tries - 1)
            vi.advanceTimersByTime(1)
            expect(Source.made).toHaveLength(tries)
        }
        expect(told).toEqual(['on', 'lost'])
        newest().open()
        expect(told).toEqual(['on', 'lost', 'back'])
    })
    it('is lost at once when the device is off line, and made anew when it is not', () => {
        start()
        newest().open()
        device.dispatchEvent(new Event('offline'))
        expect(told).toEqual(['on', 'lost'])
        const first = newest()
        device.dispatchEvent(new Event('online'))
        expect(first.closed).toBe(true)
        newest().open()
        expect(told).toEqual(['on', 'lost', 'back'])
    })
    it('is given up while nobody looks at the page, and made when somebody does', () => {
        let visibilityState: DocumentVisibilityState = 'visible'
        const page = new EventTarget() as EventTarget & { visibilityState: DocumentVisibilityState }
        Object.defineProperty(page, 'visibilityState', { get: () => visibilityState })
        const look = (state: DocumentVisibilityState) => {
            visibilityState = state
            page.dispatchEvent(new Event('visibilitychange'))
        }
        keep_connected('/live', () => undefined, (state) => told.push(state), device as Window, page)
        newest().open()
        look('hidden')
        expect(newest().closed).toBe(true)
        newest().fail(true)
        device.dispatchEvent(new Event('online'))
        vi.advanceTimersByTime(120_000)
        expect(Source.made).toHaveLength(1)
        look('visible')
        expect(Source.made).toHaveLength(2)
        newest().open()
        expect(told).toEqual(['on'])
    })
    it('stands in words on the line that the page has for it', async () => {
        const words = await public_words('nb')
        document.body.innerHTML = '<div data-live="tjernet/water_temperature"></div><p data-live-state></p>'
        start_live(() => Promise.resolve(words))
        const line = document.querySelector('[data-live-state]')!
        newest().open()
        await vi.advanceTimersByTimeAsync(0)
        expect([line.textContent, line.getAttribute('role')]).toEqual(['Oppdateres av seg selv.', 'status'])
        newest().fail()
        await vi.advanceTimersByTimeAsync(3_000)
        expect(line.textContent).toBe('Ikke tilkoblet. Vi prøver igjen.')
        newest().open()
        await vi.advanceTimersByTimeAsync(0)
        expect(line.textContent).toBe('Tilkoblet igjen.')
    })
})
