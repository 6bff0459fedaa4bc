import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { constants, zstdCompressSync } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import { unpack_zstd, xxh64 } from './unpacking.ts'

const text = (bytes: Uint8Array | undefined) => new TextDecoder().decode(bytes)
const election = readFileSync(join(import.meta.dirname, '../../../demo/drammen/elections/leketoy.pb'))
const plenty = 10_000_000
const pack = (bytes: Uint8Array | string, params: Record<number, number> = {}) => Uint8Array.from(zstdCompressSync(bytes, { params }))
const with_checksum = { [constants.ZSTD_c_checksumFlag]: 1 }
/// A frame without checksum and without a size: its window is 128 KiB, and then its blocks.
const frame = (...blocks: number[][]) => Uint8Array.from([0x28, 0xb5, 0x2f, 0xfd, 0x00, 7 << 3, ...blocks.flat()])
const block = (kind: number, size: number, last: boolean, ...bytes: number[]) => {
    const head = (size << 3) | (kind << 1) | Number(last)
    return [head & 255, (head >> 8) & 255, head >> 16, ...bytes]
}
const skippable = Uint8Array.from([0x53, 0x2a, 0x4d, 0x18, 3, 0, 0, 0, 9, 9, 9])
const after = (...parts: Uint8Array[]) => Uint8Array.from(parts.flatMap((part) => [...part]))

describe('zstd', () => {
    it.each([1, 3, 19])('gives what was packed, byte for byte: level %i', (level) => {
        for (const checksum of [0, 1]) {
            const packed = pack(election, { [constants.ZSTD_c_compressionLevel]: level, [constants.ZSTD_c_checksumFlag]: checksum })
            expect(Buffer.from(unpack_zstd(packed, plenty)!).equals(election)).toBe(true)
        }
    })
    it('reads a file that the command zstd packed', () => {
        // printf 'META\nkey;value\n' | zstd
        const packed = Buffer.from('KLUv/QRYeQAATUVUQQprZXk7dmFsdWUK7fv2Zw==', 'base64')
        expect(text(unpack_zstd(Uint8Array.from(packed), plenty))).toBe('META\nkey;value\n')
    })
    it('takes several frames for one file, with what is to be skipped between them, and nothing else behind', () => {
        const [one, two] = [pack('META\n'), pack('key;value\n', with_checksum)]
        expect(text(unpack_zstd(after(one, skippable, two, skippable), plenty))).toBe('META\nkey;value\n')
        expect(() => unpack_zstd(after(one, Uint8Array.from([0, 0, 0, 0, 0, 0, 0, 0])), plenty)).toThrow()
        expect(() => unpack_zstd(after(one, skippable.subarray(0, 9)), plenty)).toThrow()
    })
    it('refuses a file that is cut, wherever it is', () => {
        const packed = pack(election.subarray(0, 3000), with_checksum)
        for (let length = 1; length < packed.length; ++length) expect(() => unpack_zstd(packed.subarray(0, length), plenty)).toThrow()
    })
    it('refuses a file of which one bit is another', () => {
        const whole = election.subarray(0, 700)
        const packed = pack(whole, with_checksum)
        for (let at = 4; at < packed.length; ++at) {
            const damaged = Uint8Array.from(packed)
            damaged[at]! ^= 1 << at % 8
            let unpacked: Uint8Array | undefined
            try {
                unpacked = unpack_zstd(damaged, plenty)
            } catch {
                continue
            }
            // What says that there is no checksum, or asks for another window, packs the same.
            if (unpacked) expect(Buffer.from(unpacked).equals(whole)).toBe(true)
        }
    })
    it('holds no more than it may, whatever the file says of its size', () => {
        const zeros = pack(Buffer.alloc(5_000_000))
        expect(unpack_zstd(zeros, 5_000_000)!.length).toBe(5_000_000)
        expect(unpack_zstd(zeros, 4_999_999)).toBeUndefined()
        expect(unpack_zstd(after(pack('12345'), pack('67890')), 9)).toBeUndefined()
        const silent = frame(...Array.from({ length: 100 }, (_, i) => block(1, 1 << 17, i === 99, 65)))
        expect(unpack_zstd(silent, 1_000_000)).toBeUndefined()
    })
    it('refuses what would make the decoder ask for much, and what no program writes', () => {
        const end = block(0, 0, true)
        expect(unpack_zstd(frame(end), plenty)).toEqual(new Uint8Array())
        const changed = (at: number, value: number) => frame(end).map((byte, i) => (i === at ? value : byte))
        expect(() => unpack_zstd(changed(5, 18 << 3), plenty), 'a window of 256 MiB').toThrow()
        expect(() => unpack_zstd(changed(4, 0x08), plenty), 'a reserved bit').toThrow()
        expect(() => unpack_zstd(frame(block(3, 0, true)), plenty), 'a reserved kind of block').toThrow()
        expect(() => unpack_zstd(frame(block(1, (1 << 17) + 1, true, 65)), plenty), 'a block of more than 128 KiB').toThrow()
        expect(() => unpack_zstd(Uint8Array.from([0x28, 0xb5, 0x2f, 0xfd, 0, 0, ...block(1, 1025, true, 65)]), plenty), 'a block beyond its window').toThrow()
        expect(() => unpack_zstd(Uint8Array.from([0x28, 0xb5, 0x2f, 0xfd, 0x01, 7 << 3, 7, ...end]), plenty), 'a dictionary').toThrow()
        expect(() => unpack_zstd(Uint8Array.from([0x28, 0xb5, 0x2f, 0xfd, 0x20, 5, ...block(0, 2, true, 65, 66)]), plenty), 'another size than it says').toThrow()
    })
})

it.each([
    ['', 0xef46db3751d8e999n],
    ['a', 0xd24ec4f1a98c6e5bn],
    ['abc', 0x44bc2cf5ad770999n],
])('xxh64 of %j is as everybody has it', (of, sum) => {
    expect(xxh64(new TextEncoder().encode(of))).toBe(sum)
})
