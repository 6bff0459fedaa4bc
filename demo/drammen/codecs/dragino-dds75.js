// SPDX-License-Identifier: EUPL-1.2 OR MIT
// Dragino LDDS75 and DDS75-LB distance sensors. Written from the maker's public user manual (wiki.dragino.com, "Uplink
// payload"): battery (mV, 14 bits), distance (mm), interrupt flag, DS18B20 temperature (tenths of a degree), sensor flag.

function decodeUplink(input) {
    const { bytes, fPort } = input;
    if (fPort !== 2) {
        return { errors: ["unknown FPort"] };
    }
    if (bytes.length < 8) {
        return { errors: ["the frame is cut short"] };
    }
    const word = (i) => bytes[i] * 256 + bytes[i + 1];
    const probe = (word(5) << 16) >> 16;
    const data = { battery: (word(0) & 0x3fff) / 1000, distance: word(2), interrupt: bytes[4] === 1, sensor: bytes[7] === 1 };
    const warnings = [];
    if (probe === 0x0ccc) {                                 // what the sensor sends when no probe is fitted
        data.temperature = null;
    } else {
        data.temperature = probe / 10;
    }
    if (!data.sensor) { warnings.push("no ultrasonic sensor found"); }
    return { data, warnings };
}

function normalizeUplink(input) {
    return { data: { battery: input.data.battery } };
}
