/// Exact fractions in lowest terms, the denominator positive. What decides a count is compared here, never as a rounded number.
export interface Fraction {
    readonly over: bigint
    readonly under: bigint
}

function common_divisor(a: bigint, b: bigint): bigint {
    while (b !== 0n) [a, b] = [b, a % b]
    return a < 0n ? -a : a
}

/// The least, of positive numbers.
export const common_multiple = (a: bigint, b: bigint): bigint => (a / common_divisor(a, b)) * b

export function fraction(over: bigint | number, under: bigint | number = 1n): Fraction {
    let [top, bottom] = [BigInt(over), BigInt(under)]
    if (bottom === 0n) throw new RangeError('a fraction over nothing')
    if (bottom < 0n) [top, bottom] = [-top, -bottom]
    const divisor = common_divisor(top, bottom)
    return divisor === 1n ? { over: top, under: bottom } : { over: top / divisor, under: bottom / divisor }
}

export const plus = (a: Fraction, b: Fraction): Fraction => fraction(a.over * b.under + b.over * a.under, a.under * b.under)
export const minus = (a: Fraction, b: Fraction): Fraction => fraction(a.over * b.under - b.over * a.under, a.under * b.under)
export const times = (a: Fraction, factor: bigint | number): Fraction => fraction(a.over * BigInt(factor), a.under)
export const divided_by = (a: Fraction, divisor: bigint | number): Fraction => fraction(a.over, a.under * BigInt(divisor))
export const upside_down = (a: Fraction): Fraction => fraction(a.under, a.over)

/// Negative, zero or positive: by cross-multiplication.
export function compare(a: Fraction, b: Fraction): number {
    const left = a.over * b.under
    const right = b.over * a.under
    return left < right ? -1 : left > right ? 1 : 0
}

/// Sum of factor times fraction, over a common denominator so that there is one reduction at the end.
export function weighted_sum(terms: readonly (readonly [factor: bigint, value: Fraction])[]): Fraction {
    let over = 0n
    let under = 1n
    for (const [factor, value] of terms) {
        if (factor === 0n) continue
        if (value.under === under) {
            over += factor * value.over
            continue
        }
        const divisor = common_divisor(under, value.under)
        const widen = value.under / divisor
        over = over * widen + factor * value.over * (under / divisor)
        under *= widen
    }
    return fraction(over, under)
}

const bit_length = (value: bigint): number => value.toString(16).length * 4

/// The double next to it, within two units of its last place.
export function to_number(a: Fraction): number {
    if (a.over === 0n) return 0
    const positive = a.over < 0n ? -a.over : a.over
    const shift = 66 - (bit_length(positive) - bit_length(a.under))
    const scaled = shift >= 0 ? (positive << BigInt(shift)) / a.under : positive / (a.under << BigInt(-shift))
    const value = Number(scaled) * 2 ** -shift
    return a.over < 0n ? -value : value
}

/// "100/3", or "7"
export const to_text = (a: Fraction): string => (a.under === 1n ? String(a.over) : `${a.over}/${a.under}`)
