/// Keeps the numbers of a page up to date by server-sent events, and their ages by the clock.
import type { components } from '../api/schema.ts'
import { decimals_of, Format } from '../words/format.ts'
import type { Words } from '../words/words.ts'
import { keep_connected } from './connection.ts'

export type Condition = components['schemas']['Condition']
type Measurement = components['schemas']['Measurement']
export type LiveCondition = components['schemas']['LiveCondition']

/// Told to whoever wants to draw along (the curve): `event.detail` is a LiveCondition.
export const condition_event = 'bypuls:condition'

const mark = '\u001F'

/// Replaces the content by a sentence whose age is a <time>, as the server writes it: with the time of day for paper.
function write_age(target: Element, sentence: string, then: number, format: Format, now: number): void {
    const [before = '', after = ''] = sentence.split(mark)
    const time = document.createElement('time')
    time.dateTime = new Date(then).toISOString()
    time.dataset.at = format.date_and_time(then)
    time.textContent = format.age(then, now)
    target.replaceChildren(before, time, after)
}

export function show_condition(element: HTMLElement, condition: Condition, words: Words, now: number): void {
    const { shown, newest, state, trend } = condition
    const format = new Format(words)
    element.dataset.certainty = state
    const age = element.querySelector('[data-live-age]')
    if (!shown) {
        age?.replaceChildren(newest ? words.say('parts.missing_since', { date: format.date(Date.parse(newest.time)) }) : words.say('parts.missing_why'))
        return
    }
    const decimals = decimals_of(shown.unit)
    const number = element.querySelector('[data-live-number]')
    // "Ikke målt" stood there, without a unit beside it.
    const was_missing = number?.classList.contains('bp-none')
    number?.classList.remove('bp-none')
    number?.replaceChildren(was_missing ? format.quantity(shown.value, decimals, shown.unit) : format.number(shown.value, decimals))
    show_class(element, shown)
    const then = Date.parse(shown.time)
    const sentences = { fresh: 'parts.measured', last_good: 'parts.last_good', stale: 'parts.stale', missing: 'parts.measured' } as const
    const why = state === 'last_good' ? ` ${words.say('parts.last_good_why')}` : ''
    if (age) write_age(age, words.say(sentences[state], { age: mark }) + why, then, format, now)
    const trend_words = element.querySelector('[data-live-trend]')
    if (!trend_words) return
    const span = trend ? format.length_of_time(trend.hours * 3_600_000) : ''
    if (!trend) trend_words.replaceChildren()
    else if (trend.direction === 'steady') trend_words.replaceChildren(words.say('parts.trend_steady', { span }))
    else {
        const amount = Math.abs(trend.change)
        const change =
            shown.unit === '%'
                ? words.say('parts.percentage_points', { count: format.number(amount, 0) })
                : format.quantity(amount, decimals, shown.unit)
        trend_words.replaceChildren(words.say(`parts.trend_${trend.direction}`, { change, span }))
    }
}

/// A line of a list: the number with its unit, its age alone, and a word of doubt where there is any. Nothing of it is spoken:
/// many change at once, and who reads the list hears each as it is then.
export function show_entry(element: HTMLElement, { shown, state }: Condition, words: Words, now: number): void {
    const format = new Format(words)
    const front = element.querySelector<HTMLElement>('[data-live-quantity]')
    const text = shown ? format.quantity(shown.value, decimals_of(shown.unit), shown.unit) : front?.dataset.liveQuantity
    if (front && text && front.textContent !== text) front.textContent = text
    const age = element.querySelector('[data-live-age]')
    if (age && shown) write_age(age, mark, Date.parse(shown.time), format, now)
    else age?.replaceChildren()
    show_certainty(element, state)
}

function show_certainty(element: HTMLElement, state: Condition['state']): void {
    element.dataset.certainty = state
    const tag = element.querySelector<HTMLElement>('[data-live-mark]')
    if (!tag) return
    tag.textContent = (JSON.parse(tag.dataset.liveMark ?? '{}') as Record<string, string>)[state] ?? ''
    tag.hidden = tag.textContent === ''
}

/// The class that the number belongs to: "UV-indeks 7 Høy". The page brings the names of all, by id: [name, tone].
function show_class(element: HTMLElement, shown: Measurement): void {
    const tag = element.querySelector<HTMLElement>('[data-live-classes]')
    if (!tag || !shown.class) return
    const [name, tone] = (JSON.parse(tag.dataset.liveClasses ?? '{}') as Record<string, [string, string]>)[shown.class] ?? []
    if (!name || !tone) return
    tag.textContent = name
    tag.dataset.tone = tone
}

/// The sentence of advice follows the number that it speaks of. The page brings the sentences, by id.
export function show_advice(element: HTMLElement, advice: string | null): void {
    const sentence = advice === null ? undefined : (JSON.parse(element.dataset.sentences ?? '{}') as Record<string, string>)[advice]
    if (sentence && element.textContent !== sentence) element.textContent = sentence
}

/// The ages grow also when nothing new comes, and what has grown too old is no longer the present.
export function refresh_ages(root: ParentNode, words: Words, now: number): void {
    const format = new Format(words)
    for (const element of root.querySelectorAll<HTMLElement>('[data-stale-after]')) {
        const age = element.querySelector('[data-live-age]')
        const then = Date.parse(age?.querySelector('time')?.dateTime ?? '')
        const { certainty, live, staleAfter } = element.dataset
        if (!age || (certainty !== 'fresh' && certainty !== 'last_good') || !(now - then > Number(staleAfter) * 1000)) continue
        if (element.querySelector('[data-live-mark]')) {
            show_certainty(element, 'stale')
            continue
        }
        element.dataset.certainty = 'stale'
        write_age(age, words.say('parts.stale', { age: mark }), then, format, now)
        element.querySelector('[data-live-trend]')?.replaceChildren()
        for (const advice of root.querySelectorAll<HTMLElement>('[data-live-advice]')) if (advice.dataset.liveAdvice === live) show_advice(advice, 'unknown')
    }
    for (const time of root.querySelectorAll<HTMLTimeElement>('[data-live-age] time')) {
        const text = format.age(Date.parse(time.dateTime), now)
        if (time.textContent !== text) time.textContent = text
    }
}

export function start_live(load_words: () => Promise<Words>, root: Document = document): void {
    const tick = async () => refresh_ages(root, await load_words(), Date.now())
    if (root.querySelector('[data-live-age]')) {
        setInterval(tick, 30_000)
        // A page taken out of the pocket shows at once how old it is.
        root.addEventListener('visibilitychange', () => root.visibilityState === 'visible' && void tick())
    }
    const followed = [...root.querySelectorAll<HTMLElement>('[data-live]')]
    if (followed.length === 0) return
    const advised = [...root.querySelectorAll<HTMLElement>('[data-live-advice]')]
    const places = new Set(followed.map((element) => element.dataset.live?.split('/')[0]))
    const query = places.size === 1 ? `?place=${encodeURIComponent([...places][0] ?? '')}` : ''
    const show = async (event: MessageEvent<string>) => {
        const live = JSON.parse(event.data) as LiveCondition
        const words = await load_words()
        for (const element of followed) {
            if (element.dataset.live !== `${live.place}/${live.condition.property}`) continue
            const write = element.dataset.entry === undefined ? show_condition : show_entry
            write(element, live.condition, words, Date.now())
        }
        for (const element of advised) {
            if (element.dataset.liveAdvice === `${live.place}/${live.condition.property}`) show_advice(element, live.condition.advice)
        }
        window.dispatchEvent(new CustomEvent(condition_event, { detail: live }))
    }
    // The page has a line of its own for it, as high with words as without.
    const state = root.querySelector<HTMLElement>('[data-live-state]')
    keep_connected(
        `/live${query}`,
        (source) => source.addEventListener('condition', (event) => void show(event)),
        async (connection) => {
            const words = await load_words()
            if (!state) return
            // That all is well is written and not spoken; what comes of it is spoken when the reader pauses.
            if (connection !== 'on') state.setAttribute('role', 'status')
            state.dataset.liveState = connection
            state.textContent = words.say(`live.${connection}`)
            state.setAttribute('role', 'status')
        },
    )
}
