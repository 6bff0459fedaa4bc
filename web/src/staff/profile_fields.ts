import type { Schemas } from '../api/client.ts'

export type Rule = Schemas['ProfileField']
export type Scalar = string | number | boolean

/// A value of a decoded object under the path by which a profile names it.
export interface Found {
    field: string
    value: Scalar
}

/// Every number, truth value and text of a decoded object: "probe.0.temp". What is null is not there.
export function found_values(decoded: unknown, path = ''): Found[] {
    if (decoded === null || decoded === undefined) return []
    if (typeof decoded !== 'object') return [{ field: path, value: decoded as Scalar }]
    return Object.entries(decoded).flatMap(([name, value]) => found_values(value, path === '' ? name : `${path}.${name}`))
}

/// What a rule keeps of it, as text: numbers are multiplied. Nothing when the field is not there.
export function kept_value(found: Found[], rule: Rule): string | undefined {
    const value = found.find(({ field }) => field === rule.field)?.value
    if (value === undefined) return undefined
    if (typeof value !== 'number') return String(value)
    return String(Number((value * (rule.scale ?? 1)).toPrecision(12)))
}
