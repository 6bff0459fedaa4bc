import { Checkbox, Details, Field, Fieldset, Label, Paragraph, Radio, Select, Textfield } from '@digdir/designsystemet-react'
import { useStaff } from './context.tsx'
import { Aside } from './parts.tsx'
import { days_of_month, type Draft, in_norway, type InLanguages, kinds, point_of, type Day, season_in, season_kinds, slug_in, usual_season } from './place_form.ts'

/// A part of the form of a place: what is written, and how to write on.
export interface Part {
    draft: Draft
    change: (part: Partial<Draft>) => void
}
const name_max = 100
const description_max = 1000

export function Names({ draft, change, made }: Part & { made: boolean }) {
    const { words } = useStaff()
    const { say } = words
    const put = (what: 'name' | 'description', language: keyof InLanguages, text: string) => change({ [what]: { ...draft[what], [language]: text } })
    const has_others = (['nn', 'en'] as const).some((language) => draft.name[language] !== '' || draft.description[language] !== '')
    return (
        <>
            <Textfield name="name" lang="nb" label={say('places.name_nb')} value={draft.name.nb} onChange={(event) => put('name', 'nb', event.target.value)} required maxLength={name_max} />
            {made || (
                <Textfield
                    name="slug"
                    label={say('places.address')}
                    description={say('places.address_hint')}
                    value={slug_in(draft)}
                    onChange={(event) => change({ slug: event.target.value })}
                    required
                    pattern="(?!new$)[a-z0-9]+(-[a-z0-9]+)*"
                    title={say('places.address_hint')}
                    maxLength={60}
                    spellCheck={false}
                />
            )}
            <Textfield
                name="description"
                lang="nb"
                label={say('places.description_nb')}
                description={say('places.description_hint')}
                value={draft.description.nb}
                onChange={(event) => put('description', 'nb', event.target.value)}
                multiline
                rows={3}
                maxLength={description_max}
            />
            <Details defaultOpen={has_others}>
                <Details.Summary>{say('places.other_languages')}</Details.Summary>
                <Details.Content className="staff-folded">
                    <Paragraph className="staff-quiet">{say('places.falls_back')}</Paragraph>
                    {(['nn', 'en'] as const).map((language) => (
                        <div key={language}>
                            <Textfield lang={language} label={say(`places.name_${language}`)} value={draft.name[language]} onChange={(event) => put('name', language, event.target.value)} maxLength={name_max} />
                            <Textfield lang={language} label={say(`places.description_${language}`)} value={draft.description[language]} onChange={(event) => put('description', language, event.target.value)} multiline rows={3} maxLength={description_max} />
                        </div>
                    ))}
                </Details.Content>
            </Details>
        </>
    )
}

export function KindAndSeason({ draft, change }: Part) {
    const { words } = useStaff()
    const { say } = words
    const season = season_in(draft)
    return (
        <>
            <Field>
                <Label>{say('places.kind')}</Label>
                <Field.Description>{say('places.kind_hint')}</Field.Description>
                <Select name="kind" value={draft.kind} onChange={(event) => change({ kind: event.target.value as Draft['kind'] })}>
                    {kinds.map((kind) => (
                        <Select.Option key={kind} value={kind}>
                            {say(`places.kind_${kind}`)}
                        </Select.Option>
                    ))}
                </Select>
            </Field>
            <Fieldset>
                <Fieldset.Legend>{say('places.season')}</Fieldset.Legend>
                {season_kinds.map((kind) => (
                    <Radio key={kind} name="season" value={kind} label={say(`places.season_${kind}`)} checked={kind === season.kind} onChange={() => change({ season: usual_season(kind) })} />
                ))}
                {season.kind !== 'all_year' && (
                    <>
                        <DayOfYear name="first" label={say('places.first')} value={season.first} change={(first) => change({ season: { ...season, first } })} />
                        <DayOfYear name="last" label={say('places.last')} value={season.last} change={(last) => change({ season: { ...season, last } })} />
                    </>
                )}
            </Fieldset>
        </>
    )
}

function DayOfYear({ name, label, value, change }: { name: string; label: string; value: Day; change: (day: Day) => void }) {
    const { words, format } = useStaff()
    const { say } = words
    const months = Array.from({ length: 12 }, (_, i) => i + 1)
    return (
        <div className="staff-actions" role="group" aria-label={label}>
            <span className="staff-day-of">{label}</span>
            <Textfield
                name={`${name}-day`}
                aria-label={`${label}: ${say('places.day')}`}
                type="number"
                min={1}
                max={days_of_month(value.month)}
                value={value.day}
                onChange={(event) => change({ ...value, day: event.target.value })}
                required
                data-size="sm"
            />
            <Select name={`${name}-month`} aria-label={`${label}: ${say('places.month')}`} value={value.month} onChange={(event) => change({ ...value, month: event.target.value })} data-size="sm" width="auto">
                {months.map((month) => (
                    <Select.Option key={month} value={String(month)}>
                        {format.month(month)}
                    </Select.Option>
                ))}
            </Select>
        </div>
    )
}

export function Position({ draft, change }: Part) {
    const { words } = useStaff()
    const { say } = words
    const point = point_of(draft)
    const seen = typeof point === 'object' ? point : undefined
    return (
        <Fieldset>
            <Fieldset.Legend>{say('places.position')}</Fieldset.Legend>
            <Fieldset.Description>{say('places.position_hint')}</Fieldset.Description>
            <div className="staff-actions staff-point">
                {(['latitude', 'longitude'] as const).map((name) => (
                    <Textfield key={name} name={name} label={say(`places.${name}`)} value={draft[name]} inputMode="decimal" onChange={(event) => change({ [name]: event.target.value })} required maxLength={24} />
                ))}
            </div>
            <p role="status">{seen && !in_norway(seen) ? say('places.outside') : ''}</p>
            {seen && (
                <Aside to={`https://www.openstreetmap.org/?mlat=${seen.latitude}&mlon=${seen.longitude}#map=15/${seen.latitude}/${seen.longitude}`}>{say('places.see_point')}</Aside>
            )}
            <Checkbox name="approximate" value="yes" label={say('places.approximate')} checked={draft.approximate} onChange={(event) => change({ approximate: event.target.checked })} />
        </Fieldset>
    )
}

/// `sees_nothing`: no datastream that it shows is public.
export function Publish({ draft, change, sees_nothing }: Part & { sees_nothing: boolean }) {
    const { words } = useStaff()
    const { say } = words
    return (
        <>
            <Checkbox name="published" value="yes" label={say('places.published')} description={say('places.published_hint')} checked={draft.published} onChange={(event) => change({ published: event.target.checked })} />
            <p role="status">{draft.published && sees_nothing ? say('places.nothing_public') : ''}</p>
        </>
    )
}
