/// What the network server tells of a device besides its frames: the battery, joins, downlinks, and what it noticed.
import { Button, Heading, Paragraph } from '@digdir/designsystemet-react'
import { useEffect, useId, useRef, useState } from 'react'
import type { Schemas } from '../api/client.ts'
import type { Format } from '../words/format.ts'
import type { Words } from '../words/words.ts'
import { useStaff } from './context.tsx'
import { State } from './parts.tsx'

type DeviceEvent = Schemas['DeviceEvent']
type DevicePower = Schemas['DevicePower']

/// Of ChirpStack and The Things Stack, in lower case.
const known_codes = [
    'downlink_payload_size', 'uplink_codec', 'downlink_codec', 'otaa', 'uplink_f_cnt_reset', 'uplink_mic', 'uplink_f_cnt_retransmission', 'downlink_gateway',
    'relay_new_end_device', 'f_cnt_down', 'expired', 'downlink_queued', 'downlink_queue_invalidated', 'downlink_failed',
] as const

/// "57 %". A battery that answers is never quite empty.
function percent_text({ say }: Words, format: Format, percent: number): string {
    return percent < 1 ? say('devices.power_below', { percent: format.quantity(1, 0, '%') }) : format.quantity(percent, 0, '%')
}

/// For the head of a device: what it last told of its battery, and when.
export function power_text(words: Words, format: Format, power: DevicePower): string {
    const { say } = words
    const text = power.external_power ? say('devices.power_mains') : power.battery_percent === null ? say('devices.power_unmeasured') : percent_text(words, format, power.battery_percent)
    return say('devices.power_told', { power: text, age: format.age(Date.parse(power.time), Date.now()) })
}

function status_sentence(words: Words, format: Format, event: DeviceEvent): string {
    const { say } = words
    const battery = event.external_power ? say('events.mains') : event.battery_percent === null ? say('events.unmeasured') : say('events.battery', { percent: percent_text(words, format, event.battery_percent) })
    if (event.margin_db === null) return battery
    return `${battery} ${say(event.margin_db < 0 ? 'events.margin_lacking' : 'events.margin', { margin: format.quantity(Math.abs(event.margin_db), 0, 'dB') })}`
}

/// A code that is known is said in plain words, and stands itself below.
function log_sentence({ say }: Words, event: DeviceEvent): string {
    const code = (event.code ?? '').split(':')[0]!.toLowerCase()
    const known = known_codes.find((one) => one === code)
    return say('events.log', { what: known ? say(`log_code.${known}`) : (event.description ?? event.code ?? '–') })
}

export function event_sentence(words: Words, format: Format, event: DeviceEvent): string {
    const { say } = words
    switch (event.kind) {
        case 'join':
            return event.dev_addr ? say('events.join_address', { address: event.dev_addr }) : say('events.join')
        case 'status':
            return status_sentence(words, format, event)
        case 'ack':
            return say(event.acknowledged ? 'events.ack' : 'events.no_ack')
        case 'txack':
            return event.gateway ? say('events.sent_by', { gateway: event.gateway }) : say('events.sent')
        case 'log':
            return log_sentence(words, event)
        case 'location':
            if (event.latitude === null || event.longitude === null) return say('events.location_untold')
            return say('events.location', { latitude: format.number(event.latitude, 5), longitude: format.number(event.longitude, 5) })
        case 'service':
            return event.code ? say('events.service_named', { service: event.code }) : say('events.service')
    }
}

const shown_first = 10

export function DeviceEvents({ events }: { events: DeviceEvent[] }) {
    const { words, format } = useStaff()
    const { say } = words
    const [all, set_all] = useState(false)
    const id = useId()
    const list = useRef<HTMLUListElement>(null)
    // The button is gone then, and the focus with it.
    useEffect(() => {
        if (all) list.current?.querySelector<HTMLElement>('[tabindex]')?.focus()
    }, [all])
    const shown = all ? events : events.slice(0, shown_first)
    return (
        <>
            <Heading level={3} data-size="2xs" id={id}>
                {say('devices.events')}
            </Heading>
            {events.length === 0 ? (
                <Paragraph className="staff-quiet">{say('devices.events_empty')}</Paragraph>
            ) : (
                <ul className="staff-events" aria-labelledby={id} ref={list}>
                    {shown.map((event, at) => (
                        <li key={`${event.time} ${event.kind} ${at}`} tabIndex={all && at === shown_first ? -1 : undefined}>
                            <time dateTime={event.time} className="staff-quiet">
                                {format.age(Date.parse(event.time), Date.now())}
                            </time>
                            <div>
                                {event.level === 'error' && <State tone="danger">{say('events.level_error')}</State>}
                                {event.level === 'warning' && <State tone="warning">{say('events.level_warning')}</State>} {event_sentence(words, format, event)}
                                {event.kind === 'log' && <div className="staff-code">{[event.code, event.description].filter(Boolean).join(': ')}</div>}
                            </div>
                        </li>
                    ))}
                </ul>
            )}
            {events.length > shown.length && (
                <div className="staff-actions">
                    <Button type="button" variant="secondary" data-size="sm" onClick={() => set_all(true)}>
                        {say('staff.more')}
                    </Button>
                </div>
            )}
        </>
    )
}
