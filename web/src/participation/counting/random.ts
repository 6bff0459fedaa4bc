/// The generator of docs/concepts/counting.md: MT19937-64 (Matsumoto, Nishimura 2004), the same numbers from the same seed everywhere.
const size = 312
const half = 156
const all_bits = (1n << 64n) - 1n
const upper_bits = 0xffff_ffff_8000_0000n
const lower_bits = 0x7fff_ffffn
const twist = 0xb502_6f5a_a966_19e9n

export class SeededRandom {
    private readonly state = new BigUint64Array(size)
    private at = size

    constructor(seed: bigint) {
        this.state[0] = seed
        for (let i = 1; i < size; ++i) {
            const before = this.state[i - 1]!
            this.state[i] = (6364136223846793005n * (before ^ (before >> 62n)) + BigInt(i)) & all_bits
        }
    }

    /// 64 bits.
    next(): bigint {
        if (this.at === size) this.refill()
        let x = this.state[this.at++]!
        x ^= (x >> 29n) & 0x5555_5555_5555_5555n
        x ^= (x << 17n) & 0x71d6_7fff_eda6_0000n
        x ^= (x << 37n) & 0xfff7_eee0_0000_0000n
        return x ^ (x >> 43n)
    }

    /// Evenly spread from 0 up to but not including `bound`: what would favour the smaller numbers is drawn again.
    below(bound: number): number {
        const wide = BigInt(bound)
        const limit = all_bits - (all_bits % wide)
        let drawn = this.next()
        while (drawn >= limit) drawn = this.next()
        return Number(drawn % wide)
    }

    private refill(): void {
        const { state } = this
        for (let i = 0; i < size; ++i) {
            const mixed = (state[i]! & upper_bits) | (state[(i + 1) % size]! & lower_bits)
            state[i] = state[(i + half) % size]! ^ (mixed >> 1n) ^ (mixed & 1n ? twist : 0n)
        }
        this.at = 0
    }
}
