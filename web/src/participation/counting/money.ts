/// Money in hundredths of the currency unit (øre), whole and exact.
export type Money = number

export const one_krone = 100
/// Ten thousand billion kroner.
export const money_max = 1e15

export type MoneyFault = 'not-money' | 'too-much' | 'not-hundredths'

/// "1234.50", "1 234" or "1234,5". Decimals beyond two only if zero.
export function parse_money(text: string): Money | MoneyFault {
    const parts = /^\s*(\d[\d ]*)?(?:[.,](.*?))?\s*$/.exec(text)
    if (!parts || (parts[1] === undefined && !parts[2])) return 'not-money'
    const whole = (parts[1] ?? '0').replaceAll(' ', '')
    if (whole.replace(/^0+/, '').length > 13 || Number(whole) * one_krone > money_max) return 'too-much'
    const decimals = parts[2] ?? ''
    if (!/^\d{0,2}0*$/.test(decimals)) return 'not-hundredths'
    return Number(whole) * one_krone + Number(decimals.slice(0, 2).padEnd(2, '0'))
}

/// "1234" or "1234.50"
export function format_money(amount: Money): string {
    const hundredths = amount % one_krone
    const whole = String((amount - hundredths) / one_krone)
    return hundredths === 0 ? whole : `${whole}.${String(hundredths).padStart(2, '0')}`
}
