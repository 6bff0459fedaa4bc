import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { constants, zstdCompressSync } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import { Broken, Parts, TooMuch } from './unpacked.ts'
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
    it('makes no zero bytes of a file without a checksum of which one bit is another', () => {
        const packed = pack(election.subarray(0, 700))
        let broken = 0
        for (let at = 4; at < packed.length; ++at) {
            const damaged = Uint8Array.from(packed)
            damaged[at]! ^= 1 << at % 8
            try {
                expect(unpack_zstd(damaged, plenty)?.includes(0) ?? false).toBe(false)
            } catch (problem) {
                expect(problem).toBeInstanceOf(Broken)
                ++broken
            }
        }
        expect(broken).toBeGreaterThan(0)
    })
    it.each([
        [5, [0x20]],
        [10, [0x00, 0x04]],
    ])('refuses what is copied from before the beginning: offset code %i', (code, offset) => {
        // One literal and one sequence, every table of one symbol; the decoder gives 'A' and zeros. `zstd -t` says that it is corrupt.
        const bytes = [0x08, 65, 1, 0x54, 1, code, 0, ...offset]
        expect(() => unpack_zstd(frame(block(2, bytes.length, true, ...bytes)), plenty)).toThrow(Broken)
    })
    it('refuses a compressed block that makes more than a block may', () => {
        // A literal, and a match of 65 539 bytes or more with the extra bits all set: 131 074 bytes with an offset of 1.
        const more = (extra: number[]) => [0x08, 65, 1, 0x54, 1, 0, 52, ...extra]
        const of = (bytes: number[]) => unpack_zstd(frame(block(2, bytes.length, true, ...bytes)), plenty)
        expect(of(more([0xfc, 0xff, 1]))?.length).toBe(1 << 17)
        expect(() => of(more([0xfd, 0xff, 1]))).toThrow(Broken)
        expect(() => of(more([0xff, 0xff, 1]))).toThrow(Broken)
        // Literals of 131 073 equal bytes, and no sequences.
        const literals = (size: number) => [0x0d | ((size & 15) << 4), (size >> 4) & 255, size >> 12, 65, 0]
        expect(of(literals(1 << 17))?.length).toBe(1 << 17)
        expect(() => of(literals((1 << 17) + 1))).toThrow(Broken)
    })
    it('holds no more for many blocks that hold little or nothing', () => {
        const blocks = (size: number) => {
            const packed = new Uint8Array(6 + 4 * 500_000)
            packed.set([0x28, 0xb5, 0x2f, 0xfd, 0x00, 0])
            for (let at = 0; at < 500_000; ++at) packed.set(block(1, size, at === 499_999, 65), 6 + 4 * at)
            return packed
        }
        const [nothing, little] = [new Parts(plenty), new Parts(plenty)]
        expect(unpack_zstd(blocks(0), plenty, nothing)!.length).toBe(0)
        expect(nothing.chunks.length).toBe(0)
        expect(unpack_zstd(blocks(1), plenty, little)!.length).toBe(500_000)
        expect(little.chunks.length).toBe(Math.ceil(500_000 / 65_536))
    })
    it('takes many frames, but no more than any program writes', () => {
        const many = (frames: number, one: Uint8Array) => {
            const packed = new Uint8Array(frames * one.length)
            for (let at = 0; at < frames; ++at) packed.set(one, at * one.length)
            return packed
        }
        const one = Uint8Array.from([0x28, 0xb5, 0x2f, 0xfd, 0x20, 1, ...block(0, 1, true, 65)])
        expect(unpack_zstd(many(10_000, one), plenty)!.length).toBe(10_000)
        expect(() => unpack_zstd(many(10_001, one), plenty)).toThrow(Broken)
        expect(() => unpack_zstd(many(300_000, frame(block(0, 0, true))), plenty)).toThrow(Broken)
    })
    it('holds no more than it may, whatever the file says of its size', () => {
        const zeros = pack(Buffer.alloc(5_000_000), with_checksum)
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
        expect(unpack_zstd(changed(5, 18 << 3), plenty), 'a window of 256 MiB').toBeUndefined()
        expect(() => unpack_zstd(changed(4, 0x08), plenty), 'a reserved bit').toThrow()
        expect(() => unpack_zstd(frame(block(3, 0, true)), plenty), 'a reserved kind of block').toThrow()
        expect(() => unpack_zstd(frame(block(1, (1 << 17) + 1, true, 65)), plenty), 'a block of more than 128 KiB').toThrow()
        expect(() => unpack_zstd(Uint8Array.from([0x28, 0xb5, 0x2f, 0xfd, 0, 0, ...block(1, 1025, true, 65)]), plenty), 'a block beyond its window').toThrow()
        expect(() => unpack_zstd(Uint8Array.from([0x28, 0xb5, 0x2f, 0xfd, 0x01, 7 << 3, 7, ...end]), plenty), 'a dictionary').toThrow()
        expect(() => unpack_zstd(Uint8Array.from([0x28, 0xb5, 0x2f, 0xfd, 0x20, 5, ...block(0, 2, true, 65, 66)]), plenty), 'another size than it says').toThrow()
    })
})

it('parts are joined as they came, across chunks, up to what may be held', () => {
    const parts = new Parts(200_000)
    const bytes = Uint8Array.from({ length: 200_000 }, (_, i) => i % 251)
    for (let at = 0, size = 1; at < bytes.length; at += size, size = (size * 3) % 100_003) parts.add(bytes.subarray(at, at + size))
    expect(Buffer.from(parts.joined()).equals(Buffer.from(bytes))).toBe(true)
    expect(parts.left).toBe(0)
    expect(() => parts.add(Uint8Array.from([1]))).toThrow(TooMuch)
})

it.each([
    ['', 0xef46db3751d8e999n],
    ['a', 0xd24ec4f1a98c6e5bn],
    ['abc', 0x44bc2cf5ad770999n],
])('xxh64 of %j is as everybody has it', (of, sum) => {
    expect(xxh64(new TextEncoder().encode(of))).toBe(sum)
})
