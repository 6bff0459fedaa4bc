// SPDX-License-Identifier: EUPL-1.2 OR MIT
// Radio Bridge (Multitech) RBS301 and RBS305 sensors: temperature, air temperature and humidity, door. Written from the
// maker's public description "LoRaWAN Sensor Protocol" (radiobridge.com): protocol and counter in one byte, the kind of
// event, then its fields.

// Sign and whole degrees in one byte (not two's complement) and, in the upper half of the next, tenths.
const tenths = (b, i) => (b[i] >= 0x80 ? -1 : 1) * ((b[i] & 0x7f) * 10 + (b[i + 1] >> 4)) / 10;

const events = {
    0x00: ["reset", 8, (d, b) => {
        const firmware = b[4] * 256 + b[5];
        d.deviceType = b[2];
        d.hardwareVersion = `${b[3] >> 4}.${b[3] & 15}`;
        d.firmwareVersion = (firmware & 0x8000) !== 0
            ? `${(firmware >> 10) & 31}.${(firmware >> 5) & 31}.${firmware & 31}` : `${b[4]}.${b[5]}`;
    }],
    0x01: ["supervisory", 5, (d, b) => {
        d.tamperSinceLastReset = (b[2] >> 4) & 1;
        d.tamperState = (b[2] >> 3) & 1;
        d.errorWithLastDownlink = (b[2] >> 2) & 1;
        d.batteryLow = (b[2] >> 1) & 1;
        d.radioCommError = b[2] & 1;
        d.batteryLevel = Number(`${b[4] >> 4}.${b[4] & 15}`);
        if (b.length >= 11) { d.accumulationCount = b[9] * 256 + b[10]; }
    }],
    0x02: ["tamper", 3, (d, b) => { d.tamper = b[2]; }],
    0x03: ["door", 3, (d, b) => { d.open = b[2]; }],
    0x0d: ["air", 7, (d, b) => { d.temperature = tenths(b, 3); d.humidity = (b[5] * 10 + (b[6] >> 4)) / 10; }],
    0x19: ["temperature", 5, (d, b) => { d.temperature = tenths(b, 3); }],
    0xfb: ["link quality", 5, (d, b) => {
        d.subBand = b[2]; d.lastDownlinkRssi = (b[3] << 24) >> 24; d.lastDownlinkSnr = (b[4] << 24) >> 24;
    }],
    0xff: ["downlink acknowledged", 3, (d, b) => { d.valid = b[2] === 2 ? 0 : 1; }],
};

function decodeUplink(input) {
    const { bytes } = input;
    if (bytes.length === 0) {
        return { data: { event: "MAC commands only" } };
    }
    if (bytes.length < 2) {
        return { errors: ["the frame is cut short"] };
    }
    const event = events[bytes[1]];
    if (event === undefined) {
        return { errors: [`event ${bytes[1]} is not known`] };
    }
    const [name, length, read] = event;
    if (bytes.length < length) {
        return { errors: [`a frame of ${bytes.length} bytes is too short for the event ${name}`] };
    }
    const data = { event: name, protocol: bytes[0] >> 4, counter: bytes[0] & 15 };
    read(data, bytes);
    return { data };
}

function normalizeUplink(input) {
    const { temperature, humidity, batteryLevel } = input.data;
    const data = {};
    if (temperature !== undefined) {
        data.air = humidity === undefined ? { temperature } : { temperature, relativeHumidity: humidity };
    }
    if (batteryLevel !== undefined) { data.battery = batteryLevel; }
    return { data };
}
