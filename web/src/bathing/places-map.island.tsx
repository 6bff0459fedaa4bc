import { press } from '../islands/press.ts'
import type { Words } from '../words/words.ts'
import type { MapBorders, MapPlace, MapTiles } from './map.ts'

/// A map of the places beside their list. Its library is larger than all else together, so it waits for a press.
export interface PlacesMapProps {
    places: MapPlace[]
    /// Some position is not surveyed.
    approximate?: boolean
    /// The town's own; without, the places stand alone.
    borders?: MapBorders
    /// Background tiles that the operator has configured; without, the borders are all there is.
    tiles?: MapTiles
}

export function mount(element: HTMLElement, props: PlacesMapProps, words: Words): void {
    const { button, told } = press(words.say('map.show'))

    const open = async () => {
        button.disabled = true
        told.textContent = words.say('map.loading')
        const stage = document.createElement('div')
        stage.className = 'bp-map'
        element.prepend(stage)
        try {
            const { draw_map } = await import('./map.ts')
            await draw_map(stage, props, words)
            for (const sketch of element.querySelectorAll('.bp-sketch')) sketch.remove()
            button.remove()
            told.textContent = props.approximate ? words.say('map.approximate') : ''
        } catch (fault) {
            console.error('map', fault)
            stage.remove()
            button.disabled = false
            told.textContent = words.say('map.failed')
        }
    }
    button.addEventListener('click', () => void open())
    // The server's drawing stands there until then.
    element.append(button, told)
}
