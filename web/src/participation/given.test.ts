import { gzipSync, zstdCompressSync } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import { read_given, type Unpack, what_else } from './given.ts'
import { unpack_zstd as unpack_now } from './unpacking.ts'

const bytes = (text: string) => new TextEncoder().encode(text)
const file = (name: string, content: Uint8Array, size = content.length) => ({ name, size, arrayBuffer: () => Promise.resolve(Uint8Array.from(content).buffer) }) as unknown as File

const unpack: Unpack = async (packed, most) => unpack_now(packed, most)
const unpack_zstd = Promise.resolve(unpack)
const skippable = [0x50, 0x2a, 0x4d, 0x18, 1, 0, 0, 0, 9]

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
        const [other] = await read_given([file('valg.pb.zst', zstdCompressSync(Uint8Array.from([...skippable, ...zstdCompressSync('META')])))], { unpack_zstd })
        expect(other!.fault?.code).toBe('packed')
    })
    it('may begin with what is to be skipped', async () => {
        for (const first of [0x50, 0x5f]) {
            const packed = Uint8Array.from([first, ...skippable.slice(1), ...zstdCompressSync('META\n')])
            expect(await read_given([file('valg.pb.zst', packed)], { unpack_zstd })).toEqual([{ name: 'valg.pb', bytes: bytes('META\n') }])
        }
    })
    it('is read after the one before it, and all that is unpacked counts together', async () => {
        let at_once = 0
        const asked: number[] = []
        const one_by_one: Unpack = async (packed, most) => {
            expect(++at_once).toBe(1)
            asked.push(most)
            await Promise.resolve()
            --at_once
            return unpack_now(packed, most)
        }
        const packed = zstdCompressSync('a'.repeat(600))
        const given = await read_given([file('a.pb.zst', packed), file('b.pb.zst', packed), file('c.pb.gz', gzipSync('b'.repeat(500))), file('d.pb', bytes('META'))], {
            most: 1000,
            unpack_zstd: Promise.resolve(one_by_one),
        })
        expect(asked).toEqual([1000, 400])
        expect(given.map(({ fault, bytes: { length } }) => fault?.code ?? length)).toEqual([600, 'too-big', 'too-big', 4])
    })
    it('is not read when reading was given up before its turn', async () => {
        const control = new AbortController()
        const given_up: Unpack = async () => {
            control.abort()
            throw new Error('stopped')
        }
        const packed = file('valg.pb.zst', zstdCompressSync('META'))
        expect(await read_given([packed, packed, packed], { unpack_zstd: Promise.resolve(given_up), stop: control.signal })).toHaveLength(1)
    })
    it('is not called broken when what unpacks it fails', async () => {
        const fails: Unpack = () => Promise.reject(new Error('out of memory'))
        const [one] = await read_given([file('valg.pb.zst', zstdCompressSync('META'))], { unpack_zstd: Promise.resolve(fails) })
        expect(one!.fault?.code).toBe('no-unpacker')
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
