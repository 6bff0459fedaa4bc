import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { condition_event } from '../live/live.ts'
import { public_words } from '../words/load.ts'
import { mount, type PlacesMapProps } from './places-map.island.tsx'

// happy-dom has no WebGL; what matters here is what the symbols are given to show.
vi.mock('./map.ts', () => ({
    draw_map: async (stage: HTMLElement, props: PlacesMapProps) => {
        const write = () => stage.replaceChildren(props.places.map(({ text }) => text || '–').join(' '))
        write()
        return write
    },
}))

const measured = { value: 19.44, unit: 'Cel', time: '2026-07-05T14:00:00Z', age_seconds: 0, flags: [], usable: true, simulated: true, source: 'x' }
const tell = (place: string, shown: typeof measured | null) =>
    window.dispatchEvent(new CustomEvent(condition_event, { detail: { place, condition: { property: 'water_temperature', state: shown ? 'fresh' : 'missing', shown } } }))

describe('the map of places', () => {
    let island: HTMLElement
    const shown = () => island.querySelector('.bp-map')?.textContent
    beforeEach(async () => {
        island = document.body.appendChild(document.createElement('div'))
        const place = (slug: string, text: string) => ({ name: slug, href: `/bading/${slug}`, latitude: 59.7, longitude: 10.2, text, live: `${slug}/water_temperature` })
        mount(island, { places: [place('blektjern', '17,0°'), place('landfalltjern', '18,0°')] }, await public_words('nb'))
    })
    afterEach(() => island.remove())

    it('shows, opened late, what the list has followed since', async () => {
        tell('landfalltjern', measured)
        tell('elsewhere', measured)
        island.querySelector('button')!.click()
        await vi.waitFor(() => expect(shown()).toBe('17,0° 19,4°'))
    })
    it('shows no number of a place that has none any more', async () => {
        island.querySelector('button')!.click()
        await vi.waitFor(() => expect(shown()).toBe('17,0° 18,0°'))
        tell('blektjern', null)
        expect(shown()).toBe('– 18,0°')
        tell('blektjern', measured)
        expect(shown()).toBe('19,4° 18,0°')
    })
})
