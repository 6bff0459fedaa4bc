import { gzipSync } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import { read_given, what_else } from './given.ts'

const bytes = (text: string) => new TextEncoder().encode(text)
const file = (name: string, content: Uint8Array, size = content.length) => ({ name, size, arrayBuffer: () => Promise.resolve(Uint8Array.from(content).buffer) }) as unknown as File

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
    it('may be packed with gzip', async () => {
        const [one] = await read_given([file('valg.pb.gz', gzipSync('META\nkey;value\n'))])
        expect(one).toEqual({ name: 'valg.pb', bytes: bytes('META\nkey;value\n') })
    })
    it('that breaks off in the midst is not taken for a whole one', async () => {
        const [one] = await read_given([file('valg.pb.gz', gzipSync('META\nkey;value\n').subarray(0, 20))])
        expect(one!.fault?.code).toBe('not-readable')
    })
    it('is not read when it is too large, or would be when unpacked', async () => {
        const [large, bomb] = await read_given([file('stor.pb', bytes('META'), 350_000_001), file('bombe.pb.gz', gzipSync(Buffer.alloc(2_000_000)))], 1_000_000)
        expect(large!.fault).toEqual({ code: 'too-big', given: { size: '351', most: '1' } })
        expect(bomb!.fault?.code).toBe('too-big')
    })
    it('that is gone is told of', async () => {
        const gone = { name: 'valg.pb', size: 4, arrayBuffer: () => Promise.reject(new Error('gone')) } as unknown as File
        expect((await read_given([gone]))[0]!.fault?.code).toBe('not-readable')
    })
})
