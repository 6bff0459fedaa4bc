/// Frames of a LoRaWAN sensor (the codec and profile `elsys-bathing` of the demonstration town) as network servers publish them.
/// Frame n was heard two seconds after frame n - 1, and says its number in tenths of a degree.

const first_heard = Math.floor(Date.now() / 1000) - 12 * 3600
const heard = (number: number) => first_heard + 2 * number
export const number_of = (seconds: number): number => Math.round((seconds - first_heard) / 2)
export const degrees = (number: number): number => (number % 300) / 10

const payload = (number: number) => {
    const tenths = number % 300
    return Buffer.from([1, tenths >> 8, tenths & 255])
}
const varint = (n: number): number[] => (n < 128 ? [n] : [(n & 127) | 128, ...varint(n >>> 7)])
const field = (number: number, value: number) => [...varint(number << 3), ...varint(value)]
const bytes = (number: number, value: string | number[]) => {
    const raw = typeof value === 'string' ? [...Buffer.from(value)] : value
    return [...varint((number << 3) | 2), ...varint(raw.length), ...raw]
}
const uuid = (number: number) => `0e2e0000-0000-4000-8000-${String(number).padStart(12, '0')}`

export const chirpstack_topic = (dev_eui: string): string => `application/a1/device/${dev_eui}/event/up`
export const tts_topic = (dev_eui: string): string => `v3/town@tenant/devices/d${dev_eui}/up`

/// ChirpStack 4's integration in JSON, and every other time in protobuf (api/integration/integration.proto: UplinkEvent).
export function chirpstack(dev_eui: string, number: number): string | Buffer {
    if (number % 2 === 0) {
        return Buffer.from([
            ...bytes(1, uuid(number)), ...bytes(2, field(1, heard(number))), ...bytes(3, [...bytes(7, dev_eui), ...bytes(8, dev_eui)]),
            ...bytes(4, '0e2e0002'), ...field(7, number), ...field(8, 5), ...bytes(10, [...payload(number)]),
        ])
    }
    return JSON.stringify({
        deduplicationId: uuid(number), time: new Date(heard(number) * 1000).toISOString(), deviceInfo: { devEui: dev_eui, deviceName: dev_eui },
        devAddr: '0e2e0002', fCnt: number, fPort: 5, data: payload(number).toString('base64'), rxInfo: [{ gatewayId: '0e2e000000000001', rssi: -80, snr: 9 }],
    })
}

export function tts(dev_eui: string, number: number): string {
    const at = new Date(heard(number) * 1000).toISOString()
    return JSON.stringify({
        end_device_ids: { device_id: `d${dev_eui}`, application_ids: { application_id: 'town' }, dev_eui: dev_eui.toUpperCase(), dev_addr: '0E2E0003' },
        correlation_ids: [`as:up:${number}`], received_at: at,
        uplink_message: {
            session_key_id: 'AYfg', f_port: 5, f_cnt: number, frm_payload: payload(number).toString('base64'), received_at: at,
            rx_metadata: [{ gateway_ids: { gateway_id: 'roof' }, rssi: -80, snr: 9 }],
            settings: { data_rate: { lora: { bandwidth: 125000, spreading_factor: 7 } } },
        },
    })
}
