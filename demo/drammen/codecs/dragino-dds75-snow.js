// SPDX-License-Identifier: EUPL-1.2 OR MIT
// Dragino LDDS75 and DDS75-LB, hung over a ski track to measure snow. Written from the maker's public user manual
// (wiki.dragino.com, "Uplink payload"), as dragino-dds75.js; the snow is what is missing of the way to bare ground.

const ground_mm = 2500;  // from the sensor down to the ground, measured when it was hung up

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
    const data = { battery: (word(0) & 0x3fff) / 1000, distance: word(2) };
    const warnings = [];
    if (bytes[7] !== 1) {
        warnings.push("no ultrasonic sensor found");
    } else if (data.distance >= 280) {                      // nearer than it can measure: the manual says 28 cm
        data.snow_depth = Math.max(0, ground_mm - data.distance) / 10;
    }
    if (probe !== 0x0ccc) { data.temperature = probe / 10; }
    return { data, warnings };
}
