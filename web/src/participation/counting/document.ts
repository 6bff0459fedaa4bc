import { beginning, refuse } from './fault.ts'

/// A row of a section with the line it began on.
export interface Row {
    line: number
    cells: string[]
}

export interface Section {
    columns: string[]
    rows: Row[]
}

/// A Pabulib file (pabulib.org/format) as it stands.
export interface Document {
    meta: { key: string; value: string; line: number }[]
    projects: Section
    votes: Section
}

const columns_max = 1000

export function meta_value(document: Document, key: string): string {
    return document.meta.find((entry) => entry.key.toLowerCase() === key)?.value ?? ''
}

export function column_named(section: Section, name: string): number | undefined {
    const at = section.columns.findIndex((column) => column.toLowerCase() === name)
    return at < 0 ? undefined : at
}

const section_names: Record<string, 'meta' | 'projects' | 'votes'> = { META: 'meta', PROJECTS: 'projects', VOTES: 'votes' }

/// A header is shorter, blank lines before it included.
const peek_max = 100_000

/// The records of the file. Fields are parted by `separator`, which every section's header decides anew.
class Records {
    line = 1
    /// Line on which the record last read began.
    began = 1
    separator = ';'
    private at = 0
    private line_start = 0
    private carriage = -1

    private readonly text: string

    constructor(text: string) {
        this.text = text
    }

    /// The next record that is not blank; nothing at the end.
    next(): string[] | undefined {
        for (;;) {
            if (this.at >= this.text.length) return undefined
            this.began = this.line
            this.line_start = this.at
            const end = this.end_of_line()
            const line = this.text.slice(this.at, end)
            if (/^[ \t]*$/.test(line)) {
                this.at = end
                this.end_line()
                continue
            }
            if (!line.includes('"')) {
                this.at = end
                this.end_line()
                return line.split(this.separator)
            }
            return this.fields()
        }
    }

    /// The next line that is not blank, unread.
    peek(): string {
        return /[^ \t\r\n][^\r\n]*/.exec(this.text.slice(this.at, this.at + peek_max))?.[0] ?? ''
    }

    private end_of_line(): number {
        const feed = this.text.indexOf('\n', this.at)
        const end = feed < 0 ? this.text.length : feed
        // Looked for once in a file that has none.
        if (this.carriage < this.at) {
            const found = this.text.indexOf('\r', this.at)
            this.carriage = found < 0 ? this.text.length : found
        }
        return Math.min(end, this.carriage)
    }

    private end_line(): void {
        if (this.text[this.at] === '\r') ++this.at
        if (this.text[this.at] === '\n') ++this.at
        ++this.line
        this.line_start = this.at
    }

    private ends_field(): boolean {
        const here = this.text[this.at]
        return here === undefined || here === '\n' || here === '\r' || here === this.separator
    }

    private fields(): string[] {
        const fields: string[] = []
        for (;;) {
            let field = this.text[this.at] === '"' ? this.quoted() : ''
            // Some files have text after the closing quote; it belongs to the field.
            const from = this.at
            while (!this.ends_field()) ++this.at
            field += this.text.slice(from, this.at)
            fields.push(field)
            if (this.text[this.at] === this.separator) {
                ++this.at
                continue
            }
            this.end_line()
            return fields
        }
    }

    private quoted(): string {
        const opened = { line: this.line, column: this.at - this.line_start + 1 }
        let field = ''
        ++this.at
        for (;;) {
            const close = this.text.indexOf('"', this.at)
            if (close < 0) refuse('open-quote', opened)
            const part = this.text.slice(this.at, close)
            const feeds = part.split('\n').length - 1
            if (feeds > 0) {
                this.line += feeds
                this.line_start = this.at + part.lastIndexOf('\n') + 1
            }
            field += part
            this.at = close + 1
            if (this.text[this.at] !== '"') return field
            field += '"'
            ++this.at
        }
    }
}

const all_blank = (fields: string[]): boolean => fields.every((field) => field.trim() === '')

/// With or without byte order mark, any line ending, `;` or `,` between fields, quoted fields, blank lines, short rows, sections in
/// any order. Refuses with line and column.
export function parse_document(text: string): Document {
    const document: Document = { meta: [], projects: { columns: [], rows: [] }, votes: { columns: [], rows: [] } }
    const records = new Records(text.startsWith('\uFEFF') ? text.slice(1) : text)
    let section: 'meta' | 'projects' | 'votes' | undefined
    let awaits_header = false
    for (let fields = records.next(); fields; fields = records.next()) {
        const line = records.began
        const named = all_blank(fields.slice(1)) ? section_names[fields[0]!.trim().replace(/[;,]+$/, '').toUpperCase()] : undefined
        if (named) {
            section = named
            awaits_header = true
            const header = records.peek()
            records.separator = header.includes(';') || !header.includes(',') ? ';' : ','
        } else if (!section) {
            refuse('not-sections', { line, column: 1 }, { found: beginning(fields[0]!, 40) })
        } else if (section === 'meta') {
            if (!(awaits_header && fields[0]!.trim().toLowerCase() === 'key')) take_meta(document, fields, records.separator, line)
            awaits_header = false
        } else {
            if (awaits_header) take_header(document[section], fields, line)
            else take_row(document[section], fields, line, records.separator)
            awaits_header = false
        }
    }
    for (const name of ['projects', 'votes'] as const) {
        if (document[name].columns.length === 0) refuse('no-section', { line: records.line, column: 1 }, { section: name.toUpperCase() })
    }
    return document
}

/// A comment may hold the separator without quotes; empty fields at the end are not part of it.
function take_meta(document: Document, fields: string[], separator: string, line: number): void {
    const value = fields.slice(1)
    while (value.length > 1 && value[value.length - 1] === '') value.pop()
    document.meta.push({ key: fields[0]!.trim(), value: value.join(separator), line })
}

function take_header(section: Section, fields: string[], line: number): void {
    if (section.columns.length > 0) refuse('section-twice', { line, column: 1 })
    if (fields.length > columns_max) refuse('many-columns', { line, column: 1 }, { most: String(columns_max) })
    section.columns = fields.map((field) => field.trim())
}

function take_row(section: Section, fields: string[], line: number, separator: string): void {
    const known = section.columns.length
    if (fields.length > known && fields.slice(known).some((field) => field !== '')) {
        refuse('many-fields', { line, column: 1 }, { found: String(fields.length), expected: String(known), separator })
    }
    section.rows.push({ line, cells: fields })
}
