import { describe, expect, it } from 'vitest'
import { place_labels } from './map_labels.ts'

const label = (x: number, y: number) => ({ x, y, width: 100, height: 40 })

describe('labels of a map', () => {
    it('stand above their points when there is room', () => {
        expect(place_labels([label(200, 200), label(400, 200)], 800, 600)).toEqual([
            [0, 0],
            [0, 0],
        ])
    })
    it('do not cover one another where another side is free', () => {
        expect(place_labels([label(200, 200), label(210, 190)], 800, 600)[1]).not.toEqual([0, 0])
    })
    it('are not cut by the edge', () => {
        expect(place_labels([label(790, 200)], 800, 600)).toEqual([[-50, 20]])
        expect(place_labels([label(200, 10)], 800, 600)).toEqual([[0, 40]])
    })
})
