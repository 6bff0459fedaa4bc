// SPDX-License-Identifier: EUPL-1.2 OR MIT
// Makerfabs soil moisture sensor. Written from the maker's public wiki (makerfabs.com, "LoRaWAN soil moisture sensor").

function decodeUplink(input) {
    const { bytes } = input;
    if (bytes.length < 9) {
        return { errors: ["the frame is cut short"] };
    }
    const word = (i) => bytes[i] * 256 + bytes[i + 1];
    return { data: {
        serial: word(0),
        soil: word(2),                                      // raw: lower is wetter
        battery: bytes[4] / 10,
        humidity: word(5) / 10,
        temperature: ((word(7) << 16) >> 16) / 10,
    } };
}
