import type { Fault, FaultCode } from './counting/fault.ts'
import type { Given } from './table.ts'

/// The largest file that is read; published ballots of a million voters take less.
export const bytes_max = 100_000_000
const megabytes = (bytes: number): string => String(Math.ceil(bytes / 1_000_000))

const begins: readonly [code: FaultCode, bytes: readonly number[]][] = [
    ['packed', [0x50, 0x4b, 0x03, 0x04]], // .zip, .xlsx, .ods
    ['packed', [0x28, 0xb5, 0x2f, 0xfd]], // .zst
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

/// Unpacks gzip, but no more than is read of any file.
async function unpacked(bytes: Uint8Array<ArrayBuffer>, most: number): Promise<Uint8Array | undefined> {
    const reader = new Blob([bytes]).stream().pipeThrough(new DecompressionStream('gzip')).getReader()
    const parts: Uint8Array[] = []
    let length = 0
    for (let part = await reader.read(); !part.done; part = await reader.read()) {
        parts.push(part.value)
        length += part.value.length
        if (length > most) return void (await reader.cancel())
    }
    const whole = new Uint8Array(length)
    parts.reduce((at, part) => (whole.set(part, at), at + part.length), 0)
    return whole
}

const refused = (name: string, code: FaultCode, given: Record<string, string> = {}): Given => ({ name, bytes: new Uint8Array(), fault: { code, given } satisfies Fault })

async function read(file: File, most: number): Promise<Given> {
    if (file.size > most) return refused(file.name, 'too-big', { size: megabytes(file.size), most: megabytes(most) })
    let bytes: Uint8Array
    try {
        const packed = new Uint8Array(await file.arrayBuffer())
        if (is_gzip(packed)) {
            const whole = await unpacked(packed, most)
            if (!whole) return refused(file.name, 'too-big', { size: `> ${megabytes(most)}`, most: megabytes(most) })
            bytes = whole
        } else {
            bytes = packed
        }
    } catch {
        return refused(file.name, 'not-readable')
    }
    const code = what_else(bytes)
    return code ? refused(file.name, code) : { name: file.name.replace(/\.gz$/i, ''), bytes }
}

/// What somebody chose or dropped. What cannot be used says why.
export const read_given = (files: Iterable<File>, most = bytes_max): Promise<Given[]> => Promise.all([...files].map((file) => read(file, most)))
