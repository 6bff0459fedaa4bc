import type { Fault, FaultCode } from './counting/fault.ts'
import type { Given } from './table.ts'
import { Broken, Parts, TooMuch } from './unpacked.ts'

/// The largest file that is read; published ballots of a million voters take less.
export const bytes_max = 100_000_000
const megabytes = (bytes: number): string => String(Math.ceil(bytes / 1_000_000))

const begins: readonly [code: FaultCode, bytes: readonly number[]][] = [
    ['packed', [0x50, 0x4b, 0x03, 0x04]], // .zip, .xlsx, .ods
    ['packed', [0x37, 0x7a, 0xbc, 0xaf]], // .7z
    ['packed', [0xfd, 0x37, 0x7a, 0x58]], // .xz
    ['packed', [0x42, 0x5a, 0x68]], // .bz2
    ['packed', [0xd0, 0xcf, 0x11, 0xe0]], // .xls
    ['not-text', [0x25, 0x50, 0x44, 0x46]], // .pdf
]

const is_gzip = (bytes: Uint8Array): boolean => bytes[0] === 0x1f && bytes[1] === 0x8b
/// It may begin with a frame that is to be skipped (RFC 8878 §3.1.2), as some programs write.
const is_zstd = ([a, b, c, d]: Uint8Array): boolean =>
    (a === 0x28 && b === 0xb5 && c === 0x2f && d === 0xfd) || (a !== undefined && (a & 0xf0) === 0x50 && b === 0x2a && c === 0x4d && d === 0x18)

/// What a file is that is known by its first bytes, and is neither ballots nor a result.
export function known_by_beginning(bytes: Uint8Array): FaultCode | undefined {
    const known = begins.find(([, first]) => first.every((byte, at) => bytes[at] === byte))
    return known ? known[0] : is_zstd(bytes) ? 'packed' : undefined
}

/// Why a file that somebody chose cannot be one with ballots or a result, where its first bytes tell. Nothing for what must be read to know.
export function what_else(bytes: Uint8Array): FaultCode | undefined {
    if (bytes.length === 0) return 'empty'
    const known = known_by_beginning(bytes)
    if (known) return known
    const start = bytes.subarray(0, 1000)
    if (/^[\uFEFF\s]*<(!doctype|html|head|\?xml|!--)/i.test(new TextDecoder().decode(start))) return 'web-page'
    return start.includes(0) ? 'not-text' : undefined
}

/// What was packed; undefined when it is more than `most` bytes. Fails with Broken when it is broken, and with something else when it is given
/// up or cannot be unpacked here. `packed` is of no use afterwards.
export type Unpack = (packed: Uint8Array<ArrayBuffer>, most: number, stop: AbortSignal) => Promise<Uint8Array | undefined>

const unpack_gzip: Unpack = async (packed, most, stop) => {
    const reader = new Blob([packed]).stream().pipeThrough(new DecompressionStream('gzip')).getReader()
    const parts = new Parts(most)
    const next = () =>
        reader.read().catch(() => {
            throw new Broken()
        })
    try {
        for (let part = await next(); !part.done; part = await next()) {
            if (stop.aborted) return void (await reader.cancel())
            parts.add(part.value)
        }
        return parts.joined()
    } catch (problem) {
        if (!(problem instanceof TooMuch)) throw problem
        return void (await reader.cancel())
    }
}

export interface Reading {
    /// No file is read that is larger, packed or unpacked, nor more than this of what several hold unpacked.
    most?: number
    /// Gives nothing when it could not be fetched with the page.
    unpack_zstd?: Promise<Unpack | undefined>
    /// Gives up; what comes then is of no use.
    stop?: AbortSignal
}

const refused = (name: string, code: FaultCode, given: Record<string, string> = {}): Given => ({ name, bytes: new Uint8Array(), fault: { code, given } satisfies Fault })

const bytes_of = (file: File): Promise<Uint8Array<ArrayBuffer> | undefined> =>
    file.arrayBuffer().then(
        (buffer) => new Uint8Array(buffer),
        () => undefined,
    )

const told = (name: string, bytes: Uint8Array): Given => {
    const code = what_else(bytes)
    return code ? refused(name, code) : { name, bytes }
}

type Read = Required<Pick<Reading, 'most' | 'stop'>> & Pick<Reading, 'unpack_zstd'> & { left: number }

async function unpacked(name: string, bytes: Uint8Array<ArrayBuffer>, { left, unpack_zstd, stop }: Read): Promise<Given> {
    const unpack = is_gzip(bytes) ? unpack_gzip : await unpack_zstd
    if (!unpack) return refused(name, 'no-unpacker')
    try {
        const whole = await unpack(bytes, left, stop)
        return whole ? told(name.replace(/\.(gz|zst)$/i, ''), whole) : refused(name, 'too-big', { size: `> ${megabytes(left)}`, most: megabytes(left) })
    } catch (problem) {
        return refused(name, problem instanceof Broken ? 'packed-broken' : 'no-unpacker')
    }
}

async function read(file: File, how: Read): Promise<{ given: Given; unpacked: number }> {
    const { most } = how
    if (file.size > most) return { given: refused(file.name, 'too-big', { size: megabytes(file.size), most: megabytes(most) }), unpacked: 0 }
    const bytes = await bytes_of(file)
    if (!bytes) return { given: refused(file.name, 'not-readable'), unpacked: 0 }
    if (!is_gzip(bytes) && !is_zstd(bytes)) return { given: told(file.name, bytes), unpacked: 0 }
    const given = await unpacked(file.name, bytes, how)
    return { given, unpacked: given.bytes.length }
}

/// What somebody chose or dropped, one after the other, so that no more is held than must be. What cannot be used says why.
export async function read_given(files: Iterable<File>, { most = bytes_max, stop = new AbortController().signal, unpack_zstd }: Reading = {}): Promise<Given[]> {
    const all: Given[] = []
    let left = most
    for (const file of files) {
        if (stop.aborted) break
        const one = await read(file, { most, stop, left, ...(unpack_zstd && { unpack_zstd }) })
        left -= one.unpacked
        all.push(one.given)
    }
    return all
}
