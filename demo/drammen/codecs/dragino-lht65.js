// SPDX-License-Identifier: EUPL-1.2 OR MIT
// Dragino LHT65 temperature and humidity sensor with an external DS18B20 probe, as hung in bathing water. Written from
// the maker's public user manual (wiki.dragino.com, "Uplink payload"): battery (mV, 14 bits, 2 bits of state), SHT20
// temperature (hundredths), humidity (tenths), kind of external sensor, its value.

function decodeUplink(input) {
    const { bytes, fPort } = input;
    if (fPort !== 2) {
        return { errors: ["unknown FPort"] };
    }
    if (bytes.length < 11) {
        return { errors: ["the frame is cut short"] };
    }
    const word = (i) => bytes[i] * 256 + bytes[i + 1];
    const signed = (i) => (word(i) << 16) >> 16;
    const data = {
        battery: (word(0) & 0x3fff) / 1000,
        battery_state: bytes[0] >> 6,
        temperature: signed(2) / 100,
        humidity: word(4) / 10,
    };
    if ((bytes[6] & 0x7f) === 1) {
        data.probe_temperature = word(7) === 0x7fff ? null : signed(7) / 100;
    }
    return { data };
}

function normalizeUplink(input) {
    const { temperature, humidity, probe_temperature, battery } = input.data;
    const data = { air: { temperature, relativeHumidity: humidity }, battery };
    if (typeof probe_temperature === "number") { data.water = { temperature: probe_temperature }; }
    return { data };
}
