import type { Fault, FaultCode } from './counting/fault.ts'
import type { Given } from './table.ts'

/// The largest file that is read; published ballots of a million voters take less.
export const bytes_max = 100_000_000
const megabytes = (bytes: number): string => String(Math.ceil(bytes / 1_000_000))

const begins: readonly [code: FaultCode, bytes: readonly number[]][] = [
    ['packed', [0x50, 0x4b, 0x03, 0x04]], // .zip, .xlsx, .ods
    ['packed', [0x28, 0xb5, 0x2f, 0xfd]], // .zst inside another
    ['packed', [0x37, 0x7a, 0xbc, 0xaf]], // .7z
    ['packed', [0xfd, 0x37, 0x7a, 0x58]], // .xz
    ['packed', [0x42, 0x5a, 0x68]], // .bz2
    ['packed', [0xd0, 0xcf, 0x11, 0xe0]], // .xls
    ['not-text', [0x25, 0x50, 0x44, 0x46]], // .pdf
]

/// Why a file that somebody chose cannot be one with ballots or a result, where its first bytes tell. Nothing for what must be read to know.
export function what_else(bytes: Uint8Array): FaultCode | undefined {
    if (bytes.length === 0) return 'empty'
    const known = begins.find(([, first]) => first.every((byte, at) => bytes[at] === byte))
    if (known) return known[0]
    const start = bytes.subarray(0, 1000)
    if (/^[\uFEFF\s]*<(!doctype|html|head|\?xml|!--)/i.test(new TextDecoder().decode(start))) return 'web-page'
    return start.includes(0) ? 'not-text' : undefined
}

const is_gzip = (bytes: Uint8Array): boolean => bytes[0] === 0x1f && bytes[1] === 0x8b
const is_zstd = (bytes: Uint8Array): boolean => [0x28, 0xb5, 0x2f, 0xfd].every((byte, at) => bytes[at] === byte)

/// What was packed; undefined when it is more than `most` bytes. Fails when it is broken, or when it is given up.
export type Unpack = (packed: Uint8Array<ArrayBuffer>, most: number, stop: AbortSignal) => Promise<Uint8Array | undefined>

const unpack_gzip: Unpack = async (packed, most, stop) => {
    const reader = new Blob([packed]).stream().pipeThrough(new DecompressionStream('gzip')).getReader()
    const parts: Uint8Array[] = []
    let length = 0
    for (let part = await reader.read(); !part.done; part = await reader.read()) {
        parts.push(part.value)
        length += part.value.length
        if (length > most || stop.aborted) return void (await reader.cancel())
    }
    const whole = new Uint8Array(length)
    parts.reduce((at, part) => (whole.set(part, at), at + part.length), 0)
    return whole
}

export interface Reading {
    /// No file is read that is larger, packed or unpacked.
    most?: number
    /// Undefined when it could not be fetched with the page.
    unpack_zstd?: Unpack | undefined
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

async function read(file: File, { most = bytes_max, unpack_zstd, stop = new AbortController().signal }: Reading): Promise<Given> {
    if (file.size > most) return refused(file.name, 'too-big', { size: megabytes(file.size), most: megabytes(most) })
    const bytes = await bytes_of(file)
    if (!bytes) return refused(file.name, 'not-readable')
    if (!is_gzip(bytes) && !is_zstd(bytes)) return told(file.name, bytes)
    const unpack = is_gzip(bytes) ? unpack_gzip : unpack_zstd
    if (!unpack) return refused(file.name, 'no-unpacker')
    try {
        const whole = await unpack(bytes, most, stop)
        return whole ? told(file.name.replace(/\.(gz|zst)$/i, ''), whole) : refused(file.name, 'too-big', { size: `> ${megabytes(most)}`, most: megabytes(most) })
    } catch {
        return refused(file.name, 'packed-broken')
    }
}

/// What somebody chose or dropped. What cannot be used says why.
export const read_given = (files: Iterable<File>, how: Reading = {}): Promise<Given[]> => Promise.all([...files].map((file) => read(file, how)))
