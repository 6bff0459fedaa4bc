import { press } from '../islands/press.ts'
import { condition_event, type LiveCondition } from '../live/live.ts'
import type { Words } from '../words/words.ts'
import type { MapBorders, MapPlace, MapTiles } from './map.ts'
import { symbol_text } from './map_labels.ts'

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
    let write = () => {}
    // From now on, so that a map opened late shows what the list shows.
    window.addEventListener(condition_event, (event) => {
        const { place, condition } = (event as CustomEvent<LiveCondition>).detail
        const followed = props.places.find(({ live }) => live === `${place}/${condition.property}`)
        if (!followed) return
        followed.text = condition.shown ? symbol_text(condition.shown, words) : ''
        write()
    })

    const open = async () => {
        button.disabled = true
        told.textContent = words.say('map.loading')
        const stage = document.createElement('div')
        stage.className = 'bp-map'
        element.prepend(stage)
        try {
            const { draw_map } = await import('./map.ts')
            write = await draw_map(stage, props, words)
            write()
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
