// SPDX-License-Identifier: EUPL-1.2 OR MIT
// Decentlab DL-CTD10: water depth (mm), temperature (°C) and electrical conductivity (µS/cm). Written from the maker's public payload description (decentlab.com, data sheet and user guide):
// protocol version, device number, one bit for each group of values that follows, then 16-bit words, big-endian.

const groups = [
    { words: 4, values: (x) => ({
        water_depth: x[0] - 32768,
        temperature: (x[1] - 32768) / 10,
        electrical_conductivity: x[2],
        freezing_flag: x[3],
    }) },
    { words: 1, values: (x) => ({ battery_voltage: x[0] / 1000 }) },
];

function decodeUplink(input) {
    const { bytes } = input;
    if (bytes.length < 5 || bytes[0] !== 2) {
        return { errors: ["not a frame of protocol version 2"] };
    }
    const word = (i) => bytes[i] * 256 + bytes[i + 1];
    const data = { protocol_version: 2, device_id: word(1) };
    let at = 5;
    for (let group = 0; group < groups.length; group++) {
        if ((word(3) & (1 << group)) === 0) { continue; }
        const { words, values } = groups[group];
        if (at + 2 * words > bytes.length) {
            return { data, errors: [`byte ${at}: the frame is cut short`] };
        }
        const x = [];
        for (let k = 0; k < words; k++) { x.push(word(at + 2 * k)); }
        Object.assign(data, values(x));
        at += 2 * words;
    }
    return { data };
}

function normalizeUplink(input) {
    const { temperature, battery_voltage } = input.data;
    return { data: Object.assign({}, temperature === undefined ? {} : { water: { temperature } },
                                 battery_voltage === undefined ? {} : { battery: battery_voltage }) };
}
