import { act } from 'react'
import { createRoot } from 'react-dom/client'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { Format } from '../words/format.ts'
import { public_words } from '../words/load.ts'
import type { Words } from '../words/words.ts'
import { Curve, type CurveProps, hour_ticks, mount as mount_curve, series_address, value_ticks, with_new } from './curve.island.tsx'
import { History, type HistoryProps, time_ticks, unpacked } from './history.island.tsx'
import { metres_between, mount as mount_nearest, sort_by_distance } from './nearest.island.tsx'
import { SeasonCurve, unbroken } from './season.island.tsx'

Object.assign(globalThis, { IS_REACT_ACT_ENVIRONMENT: true })

let words: Words
let stage: HTMLElement
beforeEach(async () => {
    words = await public_words('nb')
    stage = document.body.appendChild(document.createElement('div'))
})
afterEach(() => stage.remove())

async function draw(element: React.ReactNode): Promise<HTMLElement> {
    await act(async () => createRoot(stage).render(element))
    return stage
}

const at = (hour: number) => new Date(Date.UTC(2026, 6, 5, hour)).toISOString()
const day: CurveProps = {
    place: 'landfalltjern',
    property: 'water_temperature',
    unit: 'Cel',
    from: at(0),
    to: at(24),
    interval_seconds: 3600,
    latitude: 59.76,
    longitude: 10.2,
    readings: [18.1, 18, 17.9, -50, 18.2, 18.4].map((value, i) => ({
        time: at(i < 4 ? i : i + 6),
        value,
        ...(value === -50 ? { usable: false, flags: ['range' as const] } : {}),
    })),
}

describe('the history', () => {
    const june: HistoryProps = {
        unit: 'Cel',
        resolution: 'day',
        from: '2026-05-31T22:00:00Z',
        to: '2026-06-30T22:00:00Z',
        interval_seconds: 3600,
        rows: [1, 2, 5, 6].map((of_month) => ({ time: new Date(Date.UTC(2026, 5, of_month) - 7_200_000).toISOString(), value: 15 + of_month, low: 14, high: 22 })),
    }
    it('breaks its line and its band where days are missing', async () => {
        const drawn = await draw(<History {...june} words={words} />)
        expect(drawn.querySelectorAll('.bp-plot-line')).toHaveLength(2)
        expect(drawn.querySelectorAll('.bp-plot-band')).toHaveLength(2)
        expect(drawn.querySelector('[role=slider]')!.getAttribute('aria-valuetext')).toBe('6. juni 2026: 21,0\u00A0°C, mellom 14,0\u00A0°C og 22,0\u00A0°C')
    })
    it('shows each reading of a few days, doubted ones hollow', async () => {
        const rows = day.readings.map(({ time, value, usable }) => ({ time, value, ...(usable === false ? { usable } : {}) }))
        const drawn = await draw(<History {...day} resolution="raw" rows={rows} words={words} />)
        expect(drawn.querySelectorAll('.bp-plot-doubted')).toHaveLength(1)
        expect(drawn.querySelectorAll('.bp-plot-band')).toHaveLength(0)
    })
    it('reads the short rows of the page', () => {
        expect(unpacked([[0, 18.5], [90, -50, 0]], '2026-05-31T22:00:00Z')).toEqual([
            { time: '2026-05-31T22:00:00.000Z', value: 18.5 },
            { time: '2026-05-31T22:01:30.000Z', value: -50, usable: false },
        ])
        expect(unpacked([[3600, 1.2, 0, 2]], '2026-05-31T22:00:00Z')).toEqual([{ time: '2026-05-31T23:00:00.000Z', value: 1.2, low: 0, high: 2 }])
    })
    it('has at most five names on its axis, whatever the span', () => {
        const format = new Format(words)
        for (const days of [7, 30, 90, 365, 1500, 9000]) {
            const ticks = time_ticks(0, days * 86_400_000, format)
            expect(ticks.length).toBeGreaterThan(1)
            expect(ticks.length).toBeLessThanOrEqual(5)
        }
    })
})

describe('the curve', () => {
    it('shows gaps as gaps and doubted readings hollow', async () => {
        const drawn = await draw(<Curve {...day} words={words} />)
        expect(drawn.querySelectorAll('.bp-plot-line')).toHaveLength(2)
        expect(drawn.querySelectorAll('.bp-plot-doubted')).toHaveLength(1)
        expect(drawn.querySelectorAll('.bp-plot-night').length).toBeGreaterThan(0)
    })
    it('points beyond the axis at what lies there, with its number', async () => {
        const drawn = await draw(<Curve {...day} words={words} />)
        expect(drawn.querySelectorAll('circle.bp-plot-doubted')).toHaveLength(0)
        expect(drawn.querySelector('.bp-plot-beyond')!.textContent).toBe('−50,0')
    })
    it('is read with the arrow keys, and says when a reading looks wrong', async () => {
        const slider = (await draw(<Curve {...day} words={words} />)).querySelector('[role=slider]')!
        expect(slider.getAttribute('aria-valuetext')).toBe('søndag kl. 13.00: 18,4\u00A0°C')
        const press = (key: string) => act(async () => void slider.dispatchEvent(new KeyboardEvent('keydown', { key, bubbles: true })))
        await press('Home')
        expect(slider.getAttribute('aria-valuetext')).toBe('søndag kl. 02.00: 18,1\u00A0°C')
        for (let i = 0; i < 3; i += 1) await press('ArrowRight')
        expect(slider.getAttribute('aria-valuetext')).toContain('men målingen ser feil ut')
    })
    it('is not flattened by a spike', () => {
        const ticks = value_ticks(day.readings)
        expect(ticks[0]).toBeGreaterThan(15)
        expect(ticks.at(-1)).toBeLessThan(21)
    })
    it('says when there is nothing to draw', async () => {
        const drawn = await draw(<Curve {...day} readings={[]} words={words} />)
        expect(drawn.textContent).toContain('Det er ingen målinger')
    })
    it('fetches what did not come with the page, and says so when it cannot', async () => {
        const props = { slug: 'landfalltjern', property: 'water_temperature', unit: 'Cel', hours: 24 }
        expect(series_address(props, Date.parse(at(24)))).toBe(
            '/api/v1/places/landfalltjern/series?property=water_temperature&from=2026-07-05T00%3A00%3A00.000Z&to=2026-07-06T00%3A00%3A00.000Z',
        )
        const { from, to, interval_seconds, readings } = day
        for (const [answer, seen] of [[Response.json({ from, to, interval_seconds, readings }), '18'], [Response.json({}, { status: 503 }), 'Kurven kunne ikke hentes']] as const) {
            vi.stubGlobal('fetch', async () => answer)
            const island = stage.appendChild(document.createElement('div'))
            await act(async () => mount_curve(island, props, words))
            await act(async () => vi.waitFor(() => expect(island.textContent).toContain(seen)))
        }
        vi.unstubAllGlobals()
    })
    it('takes in a live reading once, and only its own', () => {
        const measured = { value: 19, unit: 'Cel', time: at(14), age_seconds: 0, flags: [], usable: true, simulated: true, source: 'x' }
        const live = (place: string) => ({
            place,
            condition: { property: 'water_temperature' as const, state: 'fresh' as const, shown: measured, newest: measured, trend: null, advice: null },
        })
        const once = with_new(day.readings, live('landfalltjern'), day)
        expect(once).toHaveLength(day.readings.length + 1)
        expect(with_new(once, live('landfalltjern'), day)).toHaveLength(once.length)
        expect(with_new(once, live('blektjern'), day)).toBe(once)
    })
    it('marks the hours of the clock on the wall, also when clocks change', () => {
        const ticks = hour_ticks(Date.parse('2026-10-24T20:00:00Z'), Date.parse('2026-10-25T20:00:00Z'), new Format(words))
        expect(ticks.map((tick) => tick.text)).toEqual(['søn', '06', '12', '18'])
    })
})

describe('the season', () => {
    const days = [
        { date: '2026-06-01', mean: 14.2, earlier_min: 12, earlier_mean: 13, earlier_max: 15 },
        { date: '2026-06-02', mean: null, earlier_min: 12, earlier_mean: 13, earlier_max: 15 },
        { date: '2026-06-03', mean: 15, earlier_min: null, earlier_mean: null, earlier_max: null },
    ]
    it('draws this year as a line with its gaps, and earlier years as a band', async () => {
        const drawn = await draw(<SeasonCurve unit="Cel" days={days} words={words} />)
        expect(drawn.querySelectorAll('.bp-plot-line')).toHaveLength(2)
        expect(drawn.querySelectorAll('.bp-plot-band')).toHaveLength(1)
        expect(drawn.textContent).toContain('tidligere år')
        expect(drawn.querySelector('[role=slider]')!.getAttribute('aria-valuetext')).toBe('3. juni: 15,0\u00A0°C')
    })
    it('is called what it shows, and says one earlier year as one', async () => {
        const one = days.map((day) => ({ ...day, earlier_min: 13, earlier_mean: 13, earlier_max: 13 }))
        const slider = (await draw(<SeasonCurve unit="Cel" name="Sesongen 2026" days={one} words={words} />)).querySelector('[role=slider]')!
        expect(slider.getAttribute('aria-label')).toBe('Sesongen 2026. Bruk piltastene.')
        expect(slider.getAttribute('aria-valuetext')).toBe('3. juni: 15,0\u00A0°C. Tidligere år 13,0\u00A0°C')
    })
    it('keeps runs whole', () => expect(unbroken(days, (one) => one.mean !== null).map((run) => run.length)).toEqual([1, 1]))
})

describe('the nearest', () => {
    const list = () => {
        stage.innerHTML = `<ul data-entries>
            <li data-entry="far" data-latitude="59.9" data-longitude="10.2"><span data-distance></span></li>
            <li data-entry="nowhere"><span data-distance></span></li>
            <li data-entry="near" data-latitude="59.75" data-longitude="10.2"><span data-distance></span></li></ul>`
        return stage.querySelector('ul')!
    }
    it('come first, with their distance; those without a position last', () => {
        const entries = list()
        sort_by_distance(entries, { latitude: 59.744, longitude: 10.204 }, words)
        expect([...entries.children].map((entry) => (entry as HTMLElement).dataset.entry)).toEqual(['near', 'far', 'nowhere'])
        expect(entries.querySelector('[data-entry=near]')!.textContent).toBe('700\u00A0m unna')
        expect(entries.querySelector('[data-entry=nowhere]')!.textContent).toBe('')
    })
    it('measures a degree of latitude as 111 km', () => {
        expect(metres_between({ latitude: 59, longitude: 10 }, { latitude: 60, longitude: 10 })).toBeCloseTo(111_195, -2)
    })
    it('asks for the position only when the button is pressed', () => {
        list()
        const asked = vi.fn()
        vi.stubGlobal('navigator', { geolocation: { getCurrentPosition: asked } })
        const island = stage.appendChild(document.createElement('div'))
        mount_nearest(island, {}, words)
        expect(asked).not.toHaveBeenCalled()
        island.querySelector('button')!.click()
        expect(asked).toHaveBeenCalledOnce()
        vi.unstubAllGlobals()
    })
})
