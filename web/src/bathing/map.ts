import '../style/map-library.css'
import * as maplibre from 'maplibre-gl'
import worker_url from 'maplibre-gl/dist/maplibre-gl-worker.mjs?worker&url'
import type { Words } from '../words/words.ts'
import { place_labels } from './map_labels.ts'
import type { PlacesMapProps } from './places-map.island.tsx'

export interface MapPlace {
    name: string
    href: string
    latitude: number
    longitude: number
    /// Its number in the list: stands in the symbol where there is no room for names.
    mark?: string
    /// "19,4 °C": stands in the symbol; empty when nothing is known.
    text: string
    /// Which LiveCondition it follows: "landfalltjern/water_temperature".
    live?: string
}
export interface MapTiles {
    /// "https://cache.kartverket.no/…/{z}/{y}/{x}.png"
    url: string
    attribution: string
}

/// The town's border, and its neighbours' where they are known: what none of them covers is water then.
export interface MapBorders {
    url: string
    /// "Kartverket, CC BY 4.0"
    source: string
    neighbours: boolean
}

maplibre.setWorkerUrl(worker_url)

const colour = (name: string) => getComputedStyle(document.documentElement).getPropertyValue(name).trim()

function style({ borders, tiles }: PlacesMapProps, words: Words): maplibre.StyleSpecification {
    const sources: maplibre.StyleSpecification['sources'] = {}
    const around = borders?.neighbours ? '--bp-map-water' : '--bp-map-land'
    const layers: maplibre.LayerSpecification[] = [{ id: 'around', type: 'background', paint: { 'background-color': colour(around) } }]
    if (tiles) {
        sources.tiles = { type: 'raster', tiles: [tiles.url], tileSize: 256, attribution: tiles.attribution }
        layers.push({ id: 'tiles', type: 'raster', source: 'tiles' })
    } else if (borders) {
        sources.borders = { type: 'geojson', data: borders.url, attribution: words.say('map.attribution', { source: borders.source }) }
        layers.push(
            { id: 'land', type: 'fill', source: 'borders', paint: { 'fill-color': colour('--bp-map-land') } },
            { id: 'town', type: 'fill', source: 'borders', filter: ['get', 'own'], paint: { 'fill-color': colour('--bp-map-town') } },
            {
                id: 'border',
                type: 'line',
                source: 'borders',
                paint: { 'line-color': colour('--bp-map-border'), 'line-width': ['case', ['get', 'own'], 1.5, 0.75] },
            },
        )
    }
    return { version: 8, sources, layers }
}

/// The symbol is a link with the place's name and number: it needs no hovering, and works with keys.
function symbol(place: MapPlace): HTMLAnchorElement {
    const link = document.createElement('a')
    link.className = 'bp-map-place'
    link.href = place.href
    const number = document.createElement('strong')
    number.textContent = place.text || '–'
    const name = document.createElement('span')
    name.textContent = place.name
    if (place.mark) {
        const mark = document.createElement('b')
        mark.className = 'bp-mark'
        mark.textContent = place.mark
        link.append(mark)
    }
    link.append(number, name)
    return link
}

/// Answers with what writes the places' texts anew into their symbols.
export async function draw_map(stage: HTMLElement, props: PlacesMapProps, words: Words): Promise<() => void> {
    const bounds = new maplibre.LngLatBounds()
    for (const place of props.places) bounds.extend([place.longitude, place.latitude])
    const map = new maplibre.Map({
        container: stage,
        style: style(props, words),
        bounds,
        fitBoundsOptions: { padding: 56, maxZoom: 13 },
        minZoom: 8,
        maxZoom: 16,
        attributionControl: { compact: false },
        cooperativeGestures: false,
        dragRotate: false,
        locale: { 'NavigationControl.ZoomIn': words.say('map.zoom_in'), 'NavigationControl.ZoomOut': words.say('map.zoom_out'), 'Map.Title': words.say('map.label') },
    })
    map.scrollZoom.disable()
    map.touchZoomRotate.disableRotation()
    map.addControl(new maplibre.NavigationControl({ showCompass: false }), 'top-right')
    await new Promise<void>((resolve, reject) => {
        map.once('load', () => resolve())
        map.once('error', (event) => reject(event.error))
    })
    const markers = props.places.map((place) => new maplibre.Marker({ element: symbol(place), anchor: 'bottom' }).setLngLat([place.longitude, place.latitude]).addTo(map))
    const spread = () => {
        const labels = markers.map((marker) => {
            const { x, y } = map.project(marker.getLngLat())
            const { offsetWidth: width, offsetHeight: height } = marker.getElement()
            return { x, y, width, height }
        })
        const offsets = place_labels(labels, stage.clientWidth, stage.clientHeight)
        markers.forEach((marker, i) => marker.setOffset(offsets[i]!))
    }
    spread()
    map.on('zoomend', spread)
    map.on('resize', spread)
    return () => {
        props.places.forEach((place, i) => markers[i]!.getElement().querySelector('strong')!.replaceChildren(place.text || '–'))
        spread()
    }
}
