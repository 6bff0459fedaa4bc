import { describe, expect, it } from 'vitest'
import { public_words } from '../words/load.ts'
import { place_labels, symbol_text } from './map_labels.ts'

const label = (x: number, y: number) => ({ x, y, width: 100, height: 40 })

describe('labels of a map', () => {
    it('say the number as the server does', async () => {
        const words = await public_words('nb')
        expect(symbol_text({ value: 19.44, unit: 'Cel' }, words)).toBe('19,4°')
        expect(symbol_text({ value: 22, unit: 'cm' }, words)).toBe('22\u00A0cm')
    })
    it('stand above their points when there is room', () => {
        expect(place_labels([label(200, 200), label(400, 200)], 800, 600)).toEqual([
            [0, 0],
            [0, 0],
        ])
    })
    it('do not cover one another where another side is free', () => {
        expect(place_labels([label(200, 200), label(210, 190)], 800, 600)[1]).not.toEqual([0, 0])
    })
    it('of the seven places of the demonstration cover nothing on a phone', () => {
        const places = [[10.222, 59.727], [10.196, 59.762], [10.213, 59.756], [10.135, 59.714], [10.262, 59.729], [10.201, 59.7415], [10.148, 59.718]] as const
        // 288 × 384 pixels, of which the map leaves 56 free at each edge; a degree of latitude is as long as two of longitude there.
        const scale = (288 - 112) / (10.262 - 10.135)
        const labels = places.map(([lon, lat]) => ({ x: 56 + (lon - 10.135) * scale, y: 192 + (59.738 - lat) * 2 * scale, width: 72, height: 36 }))
        const boxes = place_labels(labels, 288, 384).map(([right, down], i) => {
            const { x, y, width, height } = labels[i]!
            return { left: x - width / 2 + right, right: x + width / 2 + right, top: y - height + down, bottom: y + down }
        })
        for (const [i, a] of boxes.entries()) {
            expect(a.left >= 0 && a.right <= 288 && a.top >= 0 && a.bottom <= 384).toBe(true)
            for (const b of boxes.slice(0, i)) expect(a.left < b.right && b.left < a.right && a.top < b.bottom && b.top < a.bottom).toBe(false)
        }
    })
    it('are not cut by the edge', () => {
        expect(place_labels([label(790, 200)], 800, 600)).toEqual([[-50, 20]])
        expect(place_labels([label(200, 10)], 800, 600)).toEqual([[0, 40]])
    })
})
