// SPDX-License-Identifier: EUPL-1.2 OR MIT
// Elsys ERS, ELT and EMS sensors. Written from the maker's public description "Elsys LoRa payload" (elsys.se, LoRa doc):
// a row of items, each a type byte and a value of fixed length, big-endian.

const signed = (value, bits) => value >= 2 ** (bits - 1) ? value - 2 ** bits : value;
const u = (b, i, n) => { let v = 0; for (let k = 0; k < n; k++) { v = v * 256 + b[i + k]; } return v; };
const s = (b, i, n) => signed(u(b, i, n), 8 * n);
const degrees = (b, i) => signed(b[i] + b[i + 1] * 256 + b[i + 2] * 65536, 24) / 10000;

// How many bytes follow each type; 0 for a type that is not known.
const lengths = [0, 2, 1, 3, 2, 1, 2, 2, 2, 6, 2, 4, 2, 1, 2, 1, 4, 1, 1, 0, 4, 2, 2, 4, 2, 2, 1, 4, 2];

function read(d, type, b, i) {
    switch (type) {
    case 0x01: d.temperature = s(b, i, 2) / 10; break;
    case 0x02: d.humidity = b[i]; break;
    case 0x03: d.x = s(b, i, 1); d.y = s(b, i + 1, 1); d.z = s(b, i + 2, 1); break;
    case 0x04: d.light = u(b, i, 2); break;
    case 0x05: d.motion = b[i]; break;
    case 0x06: d.co2 = u(b, i, 2); break;
    case 0x07: d.vdd = u(b, i, 2); break;
    case 0x08: d.analog1 = u(b, i, 2); break;
    case 0x09: d.lat = degrees(b, i); d.long = degrees(b, i + 3); break;
    case 0x0a: d.pulse1 = u(b, i, 2); break;
    case 0x0b: d.pulseAbs = u(b, i, 4); break;
    case 0x0c: d.externalTemperature = s(b, i, 2) / 10; break;
    case 0x0d: d.digital = b[i]; break;
    case 0x0e: d.distance = u(b, i, 2); break;
    case 0x0f: d.accMotion = b[i]; break;
    case 0x10: d.irInternalTemperature = s(b, i, 2) / 10; d.irExternalTemperature = s(b, i + 2, 2) / 10; break;
    case 0x11: d.occupancy = b[i]; break;
    case 0x12: d.waterleak = b[i]; break;
    case 0x14: d.pressure = u(b, i, 4) / 1000; break;
    case 0x15: d.soundPeak = b[i]; d.soundAvg = b[i + 1]; break;
    case 0x16: d.pulse2 = u(b, i, 2); break;
    case 0x17: d.pulseAbs2 = u(b, i, 4); break;
    case 0x18: d.analog2 = u(b, i, 2); break;
    case 0x19: d.externalTemperature2 = s(b, i, 2) / 10; break;
    case 0x1a: d.digital2 = b[i]; break;
    case 0x1b: d.analogUv = s(b, i, 4); break;
    case 0x1c: d.tvoc = u(b, i, 2); break;
    }
}

function decodeUplink(input) {
    const { bytes } = input;
    const data = {};
    for (let i = 0; i < bytes.length;) {
        const length = lengths[bytes[i]] || 0;
        if (length === 0) {
            return { data, errors: [`byte ${i}: item type ${bytes[i]} is not known`] };
        }
        if (i + 1 + length > bytes.length) {
            return { data, errors: [`byte ${i}: item type ${bytes[i]} is cut short`] };
        }
        read(data, bytes[i], bytes, i + 1);
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
