/// SHA-256 (FIPS 180-4), since the browser's own needs a secure connection and the recount must work without any.
const bits_of = (root: number) => Math.floor((root - Math.floor(root)) * 2 ** 32)

function first_primes(count: number): number[] {
    const primes: number[] = []
    for (let n = 2; primes.length < count; ++n) if (primes.every((prime) => n % prime !== 0)) primes.push(n)
    return primes
}

// FIPS 180-4, 4.2.2 and 5.3.3: the fractional parts of cube and square roots of the first primes.
const round_constants = first_primes(64).map((prime) => bits_of(Math.cbrt(prime)))
const initial = first_primes(8).map((prime) => bits_of(Math.sqrt(prime)))

const rotate = (word: number, by: number): number => (word >>> by) | (word << (32 - by))

function padded(bytes: Uint8Array): DataView {
    const length = Math.ceil((bytes.length + 9) / 64) * 64
    const block = new Uint8Array(length)
    block.set(bytes)
    block[bytes.length] = 0x80
    const view = new DataView(block.buffer)
    view.setUint32(length - 8, Math.floor(bytes.length / 2 ** 29))
    view.setUint32(length - 4, (bytes.length * 8) >>> 0)
    return view
}

function compress(state: number[], view: DataView, offset: number): void {
    const words = new Int32Array(64)
    for (let i = 0; i < 16; ++i) words[i] = view.getInt32(offset + i * 4)
    for (let i = 16; i < 64; ++i) {
        const [a, b] = [words[i - 15]!, words[i - 2]!]
        const s0 = rotate(a, 7) ^ rotate(a, 18) ^ (a >>> 3)
        const s1 = rotate(b, 17) ^ rotate(b, 19) ^ (b >>> 10)
        words[i] = words[i - 16]! + s0 + words[i - 7]! + s1
    }
    let [a, b, c, d, e, f, g, h] = state as [number, number, number, number, number, number, number, number]
    for (let i = 0; i < 64; ++i) {
        const s1 = rotate(e, 6) ^ rotate(e, 11) ^ rotate(e, 25)
        const one = (h + s1 + ((e & f) ^ (~e & g)) + round_constants[i]! + words[i]!) | 0
        const s0 = rotate(a, 2) ^ rotate(a, 13) ^ rotate(a, 22)
        const two = (s0 + ((a & b) ^ (a & c) ^ (b & c))) | 0
        ;[h, g, f, e, d, c, b, a] = [g, f, e, (d + one) | 0, c, b, a, (one + two) | 0]
    }
    ;[a, b, c, d, e, f, g, h].forEach((word, i) => (state[i] = (state[i]! + word) | 0))
}

/// As 64 hexadecimal digits, whose order is that of the bytes.
export function sha256(text: string): string {
    const view = padded(new TextEncoder().encode(text))
    const state = [...initial]
    for (let offset = 0; offset < view.byteLength; offset += 64) compress(state, view, offset)
    return state.map((word) => (word >>> 0).toString(16).padStart(8, '0')).join('')
}
