// SPDX-License-Identifier: EUPL-1.2 OR MIT
// Milesight EM500 and AM100 series. Written from the maker's public user guides (milesight-iot.com, "Uplink packet"):
// a row of items, each a channel byte, a type byte and a value of fixed length, little-endian.

const u16 = (b, i) => b[i] + b[i + 1] * 256;
const i16 = (b, i) => (u16(b, i) << 16) >> 16;
const u32 = (b, i) => u16(b, i) + u16(b, i + 2) * 65536;

const items = {
    0x75: [1, (d, b, i) => { d.battery = b[i]; }],
    0x67: [2, (d, b, i) => { d.temperature = i16(b, i) / 10; }],
    0x68: [1, (d, b, i) => { d.humidity = b[i] / 2; }],
    0x6a: [2, (d, b, i) => { d.activity = u16(b, i); }],
    0x65: [6, (d, b, i) => {
        d.illumination = u16(b, i); d.infrared_and_visible = u16(b, i + 2); d.infrared = u16(b, i + 4);
    }],
    0x73: [2, (d, b, i) => { d.pressure = u16(b, i) / 10; }],
    0x77: [2, (d, b, i) => { d.water_level = u16(b, i); }],
    0x7b: [2, (d, b, i) => { d.pressure = u16(b, i); }],
    0x7d: [2, (d, b, i, channel) => { d[channel === 8 ? "tvoc" : "co2"] = u16(b, i); }],
    0x7f: [2, (d, b, i) => { d.ec = u16(b, i); }],
    0x82: [2, (d, b, i) => { d.distance = u16(b, i); }],
    0x94: [4, (d, b, i) => { d.illumination = u32(b, i); }],
    0x00: [1, (d, b, i) => { d.position = b[i] === 0 ? "normal" : "tilt"; }],
    0x01: [1, (d, b, i) => { d.protocol_version = b[i]; }],
};

function decodeUplink(input) {
    const { bytes } = input;
    const data = {};
    for (let i = 0; i < bytes.length;) {
        if (bytes[i] === 0x20 && bytes[i + 1] === 0xce) {
            return { data, warnings: ["stored readings at the end of the frame were not read"] };
        }
        const item = items[bytes[i + 1]];
        if (item === undefined) {
            return { data, errors: [`byte ${i}: channel ${bytes[i]} type ${bytes[i + 1]} is not known`] };
        }
        const [length, read] = item;
        if (i + 2 + length > bytes.length) {
            return { data, errors: [`byte ${i}: channel ${bytes[i]} is cut short`] };
        }
        read(data, bytes, i + 2, bytes[i]);
        i += 2 + length;
    }
    return { data };
}
