import { describe, expect, it } from 'vitest'
import { found_values, kept_value } from './profile_fields.ts'

describe('the fields of a decoded message', () => {
    const found = found_values({ water: 1943, probe: [{ temp: 4.5 }, null], open: true, note: 'x', none: null })

    it('stand under the paths by which profiles name them', () => {
        expect(found.map(({ field }) => field)).toEqual(['water', 'probe.0.temp', 'open', 'note'])
    })
    it('become what the profile says', () => {
        const rule = { property: 'p', unit: 'Cel' }
        expect(kept_value(found, { ...rule, field: 'water', scale: 0.01 })).toBe('19.43')
        expect(kept_value(found, { ...rule, field: 'probe.0.temp' })).toBe('4.5')
        expect(kept_value(found, { ...rule, field: 'open', scale: 2 })).toBe('true')
        expect(kept_value(found, { ...rule, field: 'none' })).toBeUndefined()
    })
})
