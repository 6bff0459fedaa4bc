/// It is broken or cut, or says something that no program of today writes.
export class Broken extends Error {}
/// Unpacked it is more than may be held, or than there is room for.
export class TooMuch extends Error {}

const chunk_bytes = 1 << 16

function room(bytes: number): Uint8Array<ArrayBuffer> {
    try {
        return new Uint8Array(bytes)
    } catch {
        throw new TooMuch()
    }
}

/// What comes out piece by piece. Pieces may be many and small, or hold nothing at all; what is held of them is no more than their bytes.
export class Parts {
    readonly chunks: Uint8Array[] = []
    length = 0

    constructor(private readonly most: number) {}

    get left(): number {
        return this.most - this.length
    }

    add(part: Uint8Array): void {
        if (part.length > this.left) throw new TooMuch()
        for (let at = 0; at < part.length; ) {
            const filled = this.length % chunk_bytes
            if (filled === 0) this.chunks.push(room(chunk_bytes))
            const taken = part.subarray(at, at + chunk_bytes - filled)
            this.chunks.at(-1)!.set(taken, filled)
            this.length += taken.length
            at += taken.length
        }
    }

    joined(): Uint8Array<ArrayBuffer> {
        const whole = room(this.length)
        this.chunks.forEach((chunk, i) => whole.set(chunk.subarray(0, this.length - i * chunk_bytes), i * chunk_bytes))
        return whole
    }
}
