import type { Schemas } from '../api/client.ts'
import type { Words } from '../words/words.ts'
import { useStaff } from './context.tsx'
import { State } from './parts.tsx'

export type Access = Schemas['Access']

/// From the most open to the least.
export const access_classes: readonly Access[] = ['public', 'internal', 'restricted']
const tones = { public: 'success', internal: 'neutral', restricted: 'warning' } as const

export function AccessState({ access }: { access: Access }) {
    const { words } = useStaff()
    return <State tone={tones[access]}>{words.say(`access.${access}`)}</State>
}

/// The properties that pages and rules of quality know.
export const known_properties = ['water_temperature', 'air_temperature', 'humidity', 'uv_index', 'snow_depth', 'snow_temperature', 'e_coli', 'intestinal_enterococci', 'battery_voltage'] as const

/// What people call a property; its own name where the messages know none.
export function called(words: Words, property: string): string {
    const known = known_properties.find((name) => name === property)
    return known ? words.say(`property.${known}`) : property
}
