// SPDX-License-Identifier: EUPL-1.2 OR MIT
// Dragino SW3L water flow sensor: the status frame on FPort 5. Written from the maker's public user manual
// (wiki.dragino.com, "Device status"). Frames of other ports are left undecoded, with an error that says so.

const bands = { 1: "EU868", 2: "US915", 3: "IN865", 4: "AU915", 5: "KZ865", 6: "RU864", 7: "AS923", 8: "AS923-1",
                9: "AS923-2", 10: "AS923-3", 11: "CN470", 12: "EU433", 13: "KR920", 14: "MA869" };

function decodeUplink(input) {
    const { bytes, fPort } = input;
    if (fPort !== 5) {
        return { errors: [`FPort ${fPort} is not decoded, only the status on FPort 5`] };
    }
    if (bytes.length < 7) {
        return { errors: ["the frame is cut short"] };
    }
    return { data: {
        firmware: `${bytes[1]}.${bytes[2] >> 4}.${bytes[2] & 15}`,
        band: bands[bytes[3]] ?? `unknown (${bytes[3]})`,
        sub_band: bytes[4] === 0xff ? null : bytes[4],
        battery: (bytes[5] * 256 + bytes[6]) / 1000,
    } };
}
