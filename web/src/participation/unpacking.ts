/// Unpacks zstd (RFC 8878), as the command does: what is cut or too much when unpacked is refused, never half read, and so is what is
/// broken where a checksum or the size in a frame tells. The decoder (fzstd) trusts its input, so each frame is looked through before it
/// meets it. Of a broken frame without a checksum it may make other text; of that only what holds a zero byte is known, which is in no
/// text and is what the decoder writes for a place before the beginning.
import { Decompress } from 'fzstd'
import { known_by_beginning } from './given.ts'
import { Broken, Parts, TooMuch } from './unpacked.ts'

/// Of one frame: where it begins and ends, and the lower half of XXH64 of what was packed, where it says so.
interface Frame {
    begin: number
    end: number
    size: number | undefined
    checksum: number | undefined
    block_max: number
}

const frame_magic = 0xfd2fb528
const skippable_magic = 0x184d2a50 // to …5f
const window_max = 2 ** 27 // what zstd itself takes unless it is told otherwise
const frames_max = 10_000 // programs that pack in pieces make one for some megabytes
const dictionary_bytes = [0, 1, 2, 4]

function need(there: boolean): asserts there {
    if (!there) throw new Broken()
}

/// §3.1.1.1. A block is no larger than the window, nor than 128 KiB (§3.1.1.2.4). Throws TooMuch when it says that it holds more than `most`.
function read_header(data: DataView, begin: number, most: number): { size: number | undefined; has_checksum: boolean; block_max: number; end: number } {
    need(begin + 5 <= data.byteLength)
    const descriptor = data.getUint8(begin + 4)
    const single = (descriptor & 0x20) !== 0
    const dictionary = dictionary_bytes[descriptor & 3]!
    const kind = descriptor >> 6
    const size_bytes = kind === 0 ? Number(single) : 1 << kind
    const at = begin + 5 + (single ? 0 : 1) + dictionary
    need((descriptor & 0x08) === 0 && at + size_bytes <= data.byteLength)
    for (let i = 0; i < dictionary; ++i) need(data.getUint8(at - 1 - i) === 0) // packed with a dictionary that we have not
    const read = [() => (single ? data.getUint8(at) : undefined), () => data.getUint16(at, true) + 256, () => data.getUint32(at, true), () => Number(data.getBigUint64(at, true))]
    const size = read[kind]!()
    if ((size ?? 0) > most) throw new TooMuch()
    const descriptor_of_window = data.getUint8(begin + 5)
    const window = single ? size! : 2 ** (10 + (descriptor_of_window >> 3)) * (1 + (descriptor_of_window & 7) / 8)
    if (window > window_max) throw new TooMuch()
    return { size, has_checksum: (descriptor & 0x04) !== 0, block_max: Math.min(window, 1 << 17), end: at + size_bytes }
}

/// §3.1.1.3.1.1: how many bytes are told to come of the literals of a compressed block.
function literals_of(data: DataView, at: number): number {
    need(at + 3 <= data.byteLength)
    const head = data.getUint16(at, true) | (data.getUint8(at + 2) << 16)
    const format = (head >> 2) & 3
    if ((head & 2) === 0) return [(head >> 3) & 31, (head >> 4) & 0xfff, (head >> 3) & 31, head >> 4][format]!
    return (head >> 4) & [0x3ff, 0x3ff, 0x3fff, 0x3ffff][format]!
}

function read_frame(data: DataView, begin: number, most: number): Frame {
    const { size, has_checksum, block_max, end } = read_header(data, begin, most)
    let at = end
    for (let last = false; !last; ) {
        need(at + 3 <= data.byteLength)
        const head = data.getUint8(at) | (data.getUint16(at + 1, true) << 8)
        const kind = (head >> 1) & 3
        need(kind !== 3 && head >> 3 <= block_max)
        if (kind === 2) need(literals_of(data, at + 3) <= block_max)
        last = (head & 1) === 1
        at += 3 + (kind === 1 ? 1 : head >> 3)
    }
    need(at + (has_checksum ? 4 : 0) <= data.byteLength)
    return { begin, end: at + (has_checksum ? 4 : 0), size, checksum: has_checksum ? data.getUint32(at, true) : undefined, block_max }
}

/// Each is looked through when it is asked for, so that as many as a file can hold take no room. `left` says how much more may come out.
function* read_frames(packed: Uint8Array, left: () => number): Generator<Frame> {
    const data = new DataView(packed.buffer, packed.byteOffset, packed.byteLength)
    let frames = 0
    for (let at = 0; at < packed.length; ) {
        need(at + 8 <= packed.length)
        const magic = data.getUint32(at, true)
        if ((magic & 0xfffffff0) === skippable_magic) {
            at += 8 + data.getUint32(at + 4, true)
            need(at <= packed.length)
        } else {
            need(magic === frame_magic && ++frames <= frames_max)
            const frame = read_frame(data, at, left())
            yield frame
            at = frame.end
        }
    }
}

const primes: readonly [bigint, bigint, bigint, bigint, bigint] = [11400714785074694791n, 14029467366897019727n, 1609587929392839161n, 9650029242287828579n, 2870177450012600261n]
const low = (value: bigint): bigint => BigInt.asUintN(64, value)
const turned = (value: bigint, by: bigint): bigint => low(value << by) | (value >> (64n - by))
const mixed = (lane: bigint, word: bigint): bigint => low(turned(low(lane + word * primes[1]), 31n) * primes[0])

/// XXH64 with seed 0: https://github.com/Cyan4973/xxHash/blob/dev/doc/xxhash_spec.md
export function xxh64(bytes: Uint8Array): bigint {
    const data = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    const [p1, p2, p3, p4, p5] = primes
    let at = 0
    let sum = p5
    if (bytes.length >= 32) {
        const lanes = [low(p1 + p2), p2, 0n, low(-p1)]
        for (; at + 32 <= bytes.length; at += 32) for (let i = 0; i < 4; ++i) lanes[i] = mixed(lanes[i]!, data.getBigUint64(at + 8 * i, true))
        sum = lanes.reduce((all, lane, i) => low(all + turned(lane, [1n, 7n, 12n, 18n][i]!)), 0n)
        for (const lane of lanes) sum = low((sum ^ mixed(0n, lane)) * p1 + p4)
    }
    sum = low(sum + BigInt(bytes.length))
    for (; at + 8 <= bytes.length; at += 8) sum = low(turned(sum ^ mixed(0n, data.getBigUint64(at, true)), 27n) * p1 + p4)
    if (at + 4 <= bytes.length) {
        sum = low(turned(sum ^ low(BigInt(data.getUint32(at, true)) * p1), 23n) * p2 + p3)
        at += 4
    }
    for (; at < bytes.length; ++at) sum = low(turned(sum ^ low(BigInt(bytes[at]!) * p5), 11n) * p1)
    sum = low((sum ^ (sum >> 33n)) * p2)
    sum = low((sum ^ (sum >> 29n)) * p3)
    return sum ^ (sum >> 32n)
}

/// The decoder gives a compressed block the room that the largest may take, and leaves out what goes beyond it; with room for one byte more,
/// that is seen.
function decoder_of({ block_max }: Frame, take: (part: Uint8Array) => void): Decompress {
    const decoder = new Decompress((part) => {
        need(part.length <= block_max)
        take(part)
    })
    let state: unknown
    return Object.defineProperty(decoder, 's', {
        get: () => state,
        set(next: unknown) {
            if (typeof next === 'object' && next !== null && 'm' in next) next.m = block_max + 1
            state = next
        },
    })
}

const no_room = (problem: unknown): boolean => problem instanceof RangeError && /alloc|memory/i.test(problem.message)

/// Whatever the decoder stumbles over is a broken file, unless the browser has no room for its window.
function unpack_frame(packed: Uint8Array, frame: Frame, parts: Parts): void {
    try {
        decoder_of(frame, (part) => parts.add(part)).push(packed.subarray(frame.begin, frame.end), true)
    } catch (problem) {
        if (problem instanceof TooMuch || no_room(problem)) throw new TooMuch()
        throw new Broken()
    }
}

const is_as_told = (bytes: Uint8Array, { size, checksum }: Frame): boolean =>
    (size === undefined || size === bytes.length) && (checksum === undefined || checksum === Number(xxh64(bytes) & 0xffffffffn))

/// What was packed; undefined when it is more than `most` bytes, or than there is room for. Throws Broken when it is broken.
export function unpack_zstd(packed: Uint8Array, most: number, parts = new Parts(most)): Uint8Array<ArrayBuffer> | undefined {
    try {
        const frames: { frame: Frame; from: number; to: number }[] = []
        for (const frame of read_frames(packed, () => parts.left)) {
            const from = parts.length
            unpack_frame(packed, frame, parts)
            frames.push({ frame, from, to: parts.length })
        }
        const whole = parts.joined()
        const is_text = known_by_beginning(whole) === undefined
        for (const { frame, from, to } of frames) {
            const bytes = whole.subarray(from, to)
            need(is_as_told(bytes, frame))
            need(frame.checksum !== undefined || !is_text || !bytes.includes(0))
        }
        return whole
    } catch (problem) {
        if (problem instanceof TooMuch) return undefined
        throw problem
    }
}
