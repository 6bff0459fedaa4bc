import { gzipSync, zstdCompressSync } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import { read_given, type Unpack, what_else } from './given.ts'
import { unpack_zstd as unpack_now } from './unpacking.ts'

const bytes = (text: string) => new TextEncoder().encode(text)
const file = (name: string, content: Uint8Array, size = content.length) => ({ name, size, arrayBuffer: () => Promise.resolve(Uint8Array.from(content).buffer) }) as unknown as File

const unpack_zstd: Unpack = async (packed, most) => unpack_now(packed, most)

describe('a file that somebody chose', () => {
    it.each([
        ['\n<!DOCTYPE html><title>valg.pb · GitHub</title>', 'web-page'],
        ['<html>', 'web-page'],
        ['PK\u0003\u0004xl/workbook.xml', 'packed'],
        ['%PDF-1.7', 'not-text'],
        ['\u0089PNG\r\n\u001a\n\u0000', 'not-text'],
        ['', 'empty'],
        ['META\nkey;value', undefined],
        ['{"format": "bypuls-count-1"}', undefined],
        ['hello', undefined],
    ])('is told for what it is by its beginning: %j', (text, code) => {
        expect(what_else(bytes(text))).toBe(code)
    })
    it.each([
        ['valg.pb.gz', gzipSync],
        ['valg.pb.ZST', zstdCompressSync],
    ] as const)('may be packed, and is told by its bytes: %s', async (name, pack) => {
        const packed = pack('META\nkey;value\n')
        const [one, other] = await read_given([file(name, packed), file('valg.pb', packed)], { unpack_zstd })
        expect(one).toEqual({ name: 'valg.pb', bytes: bytes('META\nkey;value\n') })
        expect(other).toEqual(one)
    })
    it.each([
        ['valg.pb.gz', gzipSync],
        ['valg.pb.zst', zstdCompressSync],
    ] as const)('that breaks off in the midst is not taken for a whole one: %s', async (name, pack) => {
        const [one] = await read_given([file(name, pack('META\nkey;value\n').subarray(0, 20))], { unpack_zstd })
        expect(one!.fault?.code).toBe('packed-broken')
    })
    it('is not read when it is too large, or would be when unpacked', async () => {
        const zeros = Buffer.alloc(2_000_000)
        const files = [file('stor.pb', bytes('META'), 350_000_001), file('bombe.pb.gz', gzipSync(zeros)), file('bombe.pb.zst', zstdCompressSync(zeros))]
        const [large, ...bombs] = await read_given(files, { most: 1_000_000, unpack_zstd })
        expect(large!.fault).toEqual({ code: 'too-big', given: { size: '351', most: '1' } })
        expect(bombs.map(({ fault }) => fault)).toEqual([1, 2].map(() => ({ code: 'too-big', given: { size: '> 1', most: '1' } })))
    })
    it('that is packed twice is told to be packed', async () => {
        const [one] = await read_given([file('valg.pb.zst', zstdCompressSync(zstdCompressSync('META')))], { unpack_zstd })
        expect(one!.fault?.code).toBe('packed')
    })
    it('says so when what unpacks it did not come with the page', async () => {
        const [one] = await read_given([file('valg.pb.zst', zstdCompressSync('META'))])
        expect(one!.fault?.code).toBe('no-unpacker')
    })
    it('that is gone is told of', async () => {
        const gone = { name: 'valg.pb', size: 4, arrayBuffer: () => Promise.reject(new Error('gone')) } as unknown as File
        expect((await read_given([gone]))[0]!.fault?.code).toBe('not-readable')
    })
})
