// SPDX-License-Identifier: EUPL-1.2 OR MIT
// Elsys ERS, ELT and EMS sensors. Written from the maker's public description "Elsys LoRa payload" (elsys.se, LoRa doc):
// a row of items, each a type byte and a value of fixed length, big-endian.

const signed = (value, bits) => value >= 2 ** (bits - 1) ? value - 2 ** bits : value;
const u = (b, i, n) => { let v = 0; for (let k = 0; k < n; k++) { v = v * 256 + b[i + k]; } return v; };
const s = (b, i, n) => signed(u(b, i, n), 8 * n);
const degrees = (b, i) => signed(b[i] + b[i + 1] * 256 + b[i + 2] * 65536, 24) / 10000;

const items = {
    0x01: [2, (d, b, i) => { d.temperature = s(b, i, 2) / 10; }],
    0x02: [1, (d, b, i) => { d.humidity = b[i]; }],
    0x03: [3, (d, b, i) => { d.x = s(b, i, 1); d.y = s(b, i + 1, 1); d.z = s(b, i + 2, 1); }],
    0x04: [2, (d, b, i) => { d.light = u(b, i, 2); }],
    0x05: [1, (d, b, i) => { d.motion = b[i]; }],
    0x06: [2, (d, b, i) => { d.co2 = u(b, i, 2); }],
    0x07: [2, (d, b, i) => { d.vdd = u(b, i, 2); }],
    0x08: [2, (d, b, i) => { d.analog1 = u(b, i, 2); }],
    0x09: [6, (d, b, i) => { d.lat = degrees(b, i); d.long = degrees(b, i + 3); }],
    0x0a: [2, (d, b, i) => { d.pulse1 = u(b, i, 2); }],
    0x0b: [4, (d, b, i) => { d.pulseAbs = u(b, i, 4); }],
    0x0c: [2, (d, b, i) => { d.externalTemperature = s(b, i, 2) / 10; }],
    0x0d: [1, (d, b, i) => { d.digital = b[i]; }],
    0x0e: [2, (d, b, i) => { d.distance = u(b, i, 2); }],
    0x0f: [1, (d, b, i) => { d.accMotion = b[i]; }],
    0x10: [4, (d, b, i) => { d.irInternalTemperature = s(b, i, 2) / 10; d.irExternalTemperature = s(b, i + 2, 2) / 10; }],
    0x11: [1, (d, b, i) => { d.occupancy = b[i]; }],
    0x12: [1, (d, b, i) => { d.waterleak = b[i]; }],
    0x14: [4, (d, b, i) => { d.pressure = u(b, i, 4) / 1000; }],
    0x15: [2, (d, b, i) => { d.soundPeak = b[i]; d.soundAvg = b[i + 1]; }],
    0x16: [2, (d, b, i) => { d.pulse2 = u(b, i, 2); }],
    0x17: [4, (d, b, i) => { d.pulseAbs2 = u(b, i, 4); }],
    0x18: [2, (d, b, i) => { d.analog2 = u(b, i, 2); }],
    0x19: [2, (d, b, i) => { d.externalTemperature2 = s(b, i, 2) / 10; }],
    0x1a: [1, (d, b, i) => { d.digital2 = b[i]; }],
    0x1b: [4, (d, b, i) => { d.analogUv = s(b, i, 4); }],
    0x1c: [2, (d, b, i) => { d.tvoc = u(b, i, 2); }],
};

function decodeUplink(input) {
    const { bytes } = input;
    const data = {};
    for (let i = 0; i < bytes.length;) {
        const item = items[bytes[i]];
        if (item === undefined) {
            return { data, errors: [`byte ${i}: item type ${bytes[i]} is not known`] };
        }
        const [length, read] = item;
        if (i + 1 + length > bytes.length) {
            return { data, errors: [`byte ${i}: item type ${bytes[i]} is cut short`] };
        }
        read(data, bytes, i + 1);
        i += 1 + length;
    }
    return { data };
}

function normalizeUplink(input) {
    const { temperature, humidity, co2, pressure, light, vdd } = input.data;
    const air = {};
    if (temperature !== undefined) { air.temperature = temperature; }
    if (humidity !== undefined) { air.relativeHumidity = humidity; }
    if (co2 !== undefined) { air.co2 = co2; }
    if (pressure !== undefined) { air.pressure = pressure; }
    if (light !== undefined) { air.lightIntensity = light; }
    const data = {};
    if (Object.keys(air).length > 0) { data.air = air; }
    if (vdd !== undefined) { data.battery = vdd / 1000; }
    return { data };
}
