/// Lets a reader sort a table by its columns: `table[data-sortable]`. The headings become buttons, so that keys and screen readers
/// find them; without script the table stands as the server wrote it.
import type { Words } from '../words/words.ts'

export type SortKey = number | string | undefined

/// What a cell is sorted by: its time, its number, else its text. Nothing for what is missing.
export function key_of(cell: Element | undefined, words: Words): SortKey {
    if (!cell) return undefined
    const time = cell.querySelector('time')?.dateTime
    if (time) return Date.parse(time)
    const text = (cell.textContent ?? '').trim()
    if (!cell.classList.contains('bp-number')) return text || undefined
    const plain = text.replace(/\s/g, '').replace('\u2212', '-')
    const number = Number.parseFloat(words.language === 'en' ? plain.replaceAll(',', '') : plain.replace(',', '.')) // a unit may follow
    return Number.isNaN(number) ? undefined : number
}

type Direction = 'ascending' | 'descending'

/// Rows in their new order; equal ones keep theirs, and those without a key stand last either way.
export function sorted<Row>(rows: Row[], keys: SortKey[], direction: Direction, language: string): Row[] {
    const compare = new Intl.Collator(language, { numeric: true }).compare
    const sign = direction === 'ascending' ? 1 : -1
    const order = rows.map((row, i) => ({ row, key: keys[i] }))
    order.sort((a, b) => {
        if (a.key === undefined || b.key === undefined) return Number(a.key === undefined) - Number(b.key === undefined)
        return sign * (typeof a.key === 'number' && typeof b.key === 'number' ? a.key - b.key : compare(String(a.key), String(b.key)))
    })
    return order.map(({ row }) => row)
}

/// How the column stands as it came, if by it at all.
function direction_of(keys: SortKey[]): Direction | undefined {
    const pairs = keys.slice(1).map((key, i) => [keys[i], key] as const)
    if (pairs.some(([a, b]) => typeof a !== 'number' || typeof b !== 'number')) return undefined
    if (pairs.every(([a, b]) => a! < b!)) return 'ascending'
    return pairs.every(([a, b]) => a! > b!) ? 'descending' : undefined
}

export function make_sortable(table: HTMLTableElement, words: Words): void {
    const body = table.querySelector('tbody')
    const heads = [...table.querySelectorAll('thead th')]
    if (!body || body.children.length < 2) return
    const keys_of = (rows: Element[], column: number) => rows.map((row) => key_of(row.children[column], words))
    const began = direction_of(keys_of([...body.children], 0))
    if (began) heads[0]?.setAttribute('aria-sort', began)
    heads.forEach((head, column) => {
        const button = document.createElement('button')
        button.type = 'button'
        button.className = 'bp-sort'
        button.append(...head.childNodes)
        head.append(button)
        button.addEventListener('click', () => {
            const direction = head.getAttribute('aria-sort') === 'ascending' ? 'descending' : 'ascending'
            for (const other of heads) other.removeAttribute('aria-sort')
            head.setAttribute('aria-sort', direction)
            const rows = [...body.children]
            body.append(...sorted(rows, keys_of(rows, column), direction, words.language))
        })
    })
    const hint = document.createElement('span')
    hint.className = 'ds-sr-only'
    hint.textContent = ` ${words.say('sort.hint')}`
    table.querySelector('caption')?.append(hint)
}

export async function start_sorting(load_words: () => Promise<Words>, root: ParentNode = document): Promise<void> {
    const tables = [...root.querySelectorAll<HTMLTableElement>('table[data-sortable]')]
    if (tables.length === 0) return
    const words = await load_words()
    for (const table of tables) make_sortable(table, words)
}
