import { Field, Label, Select } from '@digdir/designsystemet-react'
import type { Schemas } from '../api/client.ts'
import { type Loaded, useStaff } from './context.tsx'
import { Way } from './parts.tsx'

type Places = { items: { slug: string; name: string }[] }

/// Which of the town's places something stands at, as `place` of a form; empty for none of them.
export function PlaceSelect({ places, chosen }: { places: Loaded<Places>; chosen?: Schemas['Device']['place'] }) {
    const { words } = useStaff()
    const { say } = words
    return (
        <>
            <Field>
                <Label>{say('staff.place')}</Label>
                <Select name="place" defaultValue={chosen ?? ''} key={places.value ? 'ready' : 'empty'}>
                    <Select.Option value="">{say('staff.no_place')}</Select.Option>
                    {places.value?.items.map((place) => (
                        <Select.Option key={place.slug} value={place.slug}>
                            {place.name}
                        </Select.Option>
                    ))}
                </Select>
            </Field>
            {places.value?.items.length === 0 && (
                <p className="staff-quiet">
                    {say('inbox.no_places')} <Way to="/staff/places/new">{say('inbox.make_place')}</Way>
                </p>
            )}
        </>
    )
}

/// What PlaceSelect says in a form that was sent.
export const chosen_place = (form: FormData): string | null => String(form.get('place') ?? '') || null
