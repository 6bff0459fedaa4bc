import { press } from '../islands/press.ts'
import { Format } from '../words/format.ts'
import type { Words } from '../words/words.ts'

/// Sorts the page's lists of places by distance, when the reader asks for it. The position stays in the browser.
export interface NearestProps {
    /// Which lists; default, every `[data-entries]` of the page, each in its own order.
    list?: string
}

export interface Position {
    latitude: number
    longitude: number
}

/// Metres along a great circle of a round earth: right within half a per cent.
export function metres_between(a: Position, b: Position): number {
    const rad = Math.PI / 180
    const half =
        Math.sin(((b.latitude - a.latitude) * rad) / 2) ** 2 +
        Math.cos(a.latitude * rad) * Math.cos(b.latitude * rad) * Math.sin(((b.longitude - a.longitude) * rad) / 2) ** 2
    return 2 * 6_371_009 * Math.asin(Math.sqrt(half))
}

/// Those without a position keep their order, at the end.
export function sort_by_distance(list: Element, from: Position, words: Words): void {
    const format = new Format(words)
    const entries = [...list.querySelectorAll<HTMLElement>(':scope > [data-entry]')].map((element) => {
        const { latitude, longitude } = element.dataset
        const away = latitude && longitude ? metres_between(from, { latitude: Number(latitude), longitude: Number(longitude) }) : Infinity
        return { element, away }
    })
    entries.sort((a, b) => a.away - b.away || 0)
    for (const { element, away } of entries) {
        const told = element.querySelector('[data-distance]')
        if (told && Number.isFinite(away)) told.textContent = words.say('nearest.away', { distance: format.distance(away) })
    }
    list.append(...entries.map(({ element }) => element))
}

export function mount(element: HTMLElement, props: NearestProps, words: Words): void {
    const lists = [...document.querySelectorAll(props.list ?? '[data-entries]')]
    if (lists.length === 0 || !('geolocation' in navigator)) return
    const { button, told } = press(words.say('nearest.button'))
    told.textContent = words.say('nearest.why')
    button.addEventListener('click', () => {
        told.textContent = words.say('nearest.looking')
        navigator.geolocation.getCurrentPosition(
            ({ coords }) => {
                for (const list of lists) sort_by_distance(list, coords, words)
                told.textContent = words.say('nearest.done')
            },
            () => (told.textContent = words.say('nearest.refused')),
            { maximumAge: 300_000, timeout: 15_000 },
        )
    })
    element.replaceChildren(button, told)
}
