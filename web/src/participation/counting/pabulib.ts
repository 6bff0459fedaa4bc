import { column_named, type Document, meta_value, parse_document, type Row } from './document.ts'
import { ballot_total, BallotBox, type BallotKind, type Choice, type Election, type Pot, whole_budget } from './election.ts'
import { attempt, type Attempt, refuse } from './fault.ts'
import { format_money, type Money, money_max, parse_money } from './money.ts'
import { our_name, plain_rule, type Rule, rule_name, rule_named } from './rule.ts'
import { parse_rule } from './rule_text.ts'
import { voter_columns, type VoterGroup, VoterSorter } from './voter_groups.ts'

/// What a file says came out.
export interface Published {
    /// selected = 1, in order of the file.
    winners: number[]
    /// selected = 2: won, but not by the rule alone.
    reserved: number[]
}

/// What was odd but harmless.
export interface Remark {
    code: 'named-twice' | 'other-count' | 'not-utf8' | 'over-limit' | 'no-limit' | 'more-over-limit' | 'refused' | 'more-refused' | 'over-budget' | 'more-over-budget' | 'refused-budget' | 'more-refused-budget' | 'not-funded' | 'voter-twice' | 'more-voters-twice'
    line?: number
    given: Record<string, string>
}

export interface Reading {
    election: Election
    /// Missing where the file has no column `selected`.
    published?: Published
    remarks: Remark[]
    /// The ballots by what the file tells of the voters.
    groups: VoterGroup[]
    /// The rule the file names, or why it defines none.
    rule: Attempt<Rule>
}

const kinds: Record<string, BallotKind> = {
    approval: 'approval',
    'choose-1': 'choose-1',
    cumulative: 'points',
    scoring: 'points',
    points: 'points',
    ordinal: 'ranking',
    ranking: 'ranking',
    knapsack: 'knapsack',
}

/// "12" and "12.0"; nothing for anything else.
function whole(text: string): number | undefined {
    const digits = /^\s*(\d{1,15})(?:\.0*)?\s*$/.exec(text)?.[1]
    return digits === undefined ? undefined : Number(digits)
}

/// Points with up to three decimals, as thousandths.
function thousandths(text: string): number | undefined {
    const parts = /^\s*(\d{1,7})(?:\.(\d{0,3})0*)?\s*$/.exec(text)
    if (!parts || Number(parts[1]) > 1_000_000) return undefined
    return Number(parts[1]) * 1000 + Number((parts[2] ?? '').padEnd(3, '0'))
}

/// A number with up to three decimals, or nothing.
const decimal = (text: string): boolean => /^\s*\d{1,15}(?:\.\d{0,3}0*)?\s*$/.test(text)

const cell = (row: Row, column: number | undefined): string => (column === undefined ? '' : (row.cells[column] ?? ''))
const place = (row: Row, column: number) => ({ line: row.line, column: column + 1 })

/// Where a value of META stands; nowhere if it is not there.
function meta_place(document: Document, key: string): { line?: number; column?: number } {
    const line = document.meta.find((entry) => entry.key.toLowerCase() === key)?.line
    return line === undefined ? {} : { line, column: 2 }
}

function money_at(text: string, at: { line?: number; column?: number }): Money {
    const amount = parse_money(text)
    return typeof amount === 'number' ? amount : refuse(amount, at, { text: text.trim() })
}


/// Not Pabulib's own: the sub-budgets, as docs/formats/election.schema.json has them.
function read_pots(document: Document): Pot[] {
    const text = meta_value(document, 'pots')
    if (text.trim() === '') return []
    const at = meta_place(document, 'pots')
    const bad_pots = (): never => refuse('pots', at, { example: '{"name": "nord", "budget": "1000"}' })
    let list: unknown
    try {
        list = JSON.parse(text)
    } catch {
        return bad_pots()
    }
    const names = new Set([''])
    return (Array.isArray(list) ? (list as unknown[]) : bad_pots()).map((one): Pot => {
        const { name, budget, ...more } = (one ?? {}) as Record<string, unknown>
        if (typeof name !== 'string' || typeof budget !== 'string' || Object.keys(more).length > 0) return bad_pots()
        const pot = { name, budget: money_at(budget, at) }
        if (names.has(name)) refuse('pot-twice', at, { pot: name })
        names.add(name)
        return pot
    })
}

interface Limit {
    /// As META calls it; empty for the budget.
    name: string
    at_most: boolean
    value: number
    of: (choices: Choice[]) => number
    tell: (value: number) => string
    broken: number
}

const against_budget = { 'over-limit': 'over-budget', 'more-over-limit': 'more-over-budget', refused: 'refused-budget', 'more-refused': 'more-refused-budget' } as const

/// A remark on ballots against a limit. The budget is none of META's limits, and has no name in a sentence that must be translated.
function against(limit: string, code: keyof typeof against_budget, given: Record<string, string> = {}): Remark {
    return limit === '' ? { code: against_budget[code], given } : { code, given: { limit, ...given } }
}

/// Ballots against one limit, or of voters who stand more than once, that are told one by one.
const told_max = 20

class Reader {
    private readonly remarks: Remark[] = []
    private readonly index = new Map<string, number>()
    private readonly election: Election
    private published: Published | undefined
    private readonly groups = new Map<string, number[]>()
    private limits: Limit[] = []
    /// Ballots against a limit are not counted.
    private refuses = false
    private readonly voters: VoterGroup[] = []

    private readonly document: Document

    constructor(document: Document) {
        this.document = document
        for (const key of ['budget', 'vote_type']) if (meta_place(document, key).line === undefined) refuse('meta-lacks', {}, { key })
        const kind = meta_value(document, 'vote_type')
        this.election = {
            title: meta_value(document, 'description'),
            currency: meta_value(document, 'currency') || 'NOK',
            budget: money_at(meta_value(document, 'budget'), meta_place(document, 'budget')),
            kind: kinds[kind.trim().toLowerCase()] ?? refuse('vote-type', meta_place(document, 'vote_type'), { text: kind }),
            projects: [],
            ballots: new BallotBox().close(),
            pots: read_pots(document),
            exclusive: [],
            ranking_length: whole(meta_value(document, 'max_length')) ?? 0,
            points_per_one: 1,
        }
    }

    read(): Reading {
        this.read_projects()
        this.read_votes()
        this.check_size()
        this.compare_counts()
        this.look_at_full_funding()
        return { election: this.election, published: this.published, remarks: this.remarks, groups: this.voters, rule: attempt(() => rule_of(this.document)) }
    }

    private read_projects(): void {
        const { projects: table } = this.document
        const [id, cost, name, part, exclusive, pot] = ['project_id', 'cost', 'name', 'partial_from', 'exclusive', 'pot'].map((column) => column_named(table, column))
        if (id === undefined || cost === undefined) return refuse('project-columns')
        const selected = column_named(table, 'selected')
        if (selected !== undefined && table.rows.length > 0) this.published = { winners: [], reserved: [] }
        for (const row of table.rows) {
            const amount = money_at(cell(row, cost), place(row, cost))
            const key = cell(row, id).trim()
            if (key === '' || this.index.has(key)) refuse('project-twice', place(row, id), { id: key })
            this.index.set(key, this.election.projects.length)
            const partial_from = cell(row, part).trim() === '' ? undefined : money_at(cell(row, part), place(row, part!))
            const of = cell(row, pot).trim()
            if (of !== '' && !this.election.pots.some((one) => one.name === of)) refuse('unknown-pot', place(row, pot!), { pot: of })
            this.election.projects.push({ id: key, name: cell(row, name), cost: amount, ...(partial_from !== undefined && { partial_from }), ...(of !== '' && { pot: of }) })
            this.read_groups(cell(row, exclusive))
            if (selected !== undefined) this.read_selected(row, selected)
            const [votes, score] = [column_named(table, 'votes'), column_named(table, 'score')]
            if (votes !== undefined && whole(cell(row, votes)) === undefined) refuse('not-whole', place(row, votes), { text: cell(row, votes) })
            if (score !== undefined && !decimal(cell(row, score))) refuse('not-points', place(row, score), { text: cell(row, score) })
        }
    }

    /// Labels of exclusive groups, parted by commas.
    private read_groups(labels: string): void {
        const project = this.election.projects.length - 1
        for (const label of labels.split(',').map((text) => text.trim())) {
            if (label === '') continue
            let group = this.groups.get(label)
            if (!group) {
                group = []
                this.groups.set(label, group)
                this.election.exclusive.push(group)
            }
            if (group[group.length - 1] !== project) group.push(project)
        }
    }

    private read_selected(row: Row, column: number): void {
        const text = cell(row, column).trim()
        if (text === '1') this.published!.winners.push(this.election.projects.length - 1)
        else if (text === '2') this.published!.reserved.push(this.election.projects.length - 1)
        else if (text !== '0' && text !== '') refuse('selected', place(row, column), { text })
    }

    private read_votes(): void {
        const { votes: table } = this.document
        const [vote, points, weight] = ['vote', 'points', 'weight'].map((column) => column_named(table, column))
        if (vote === undefined) return refuse('vote-column')
        const by_points = this.election.kind === 'points'
        if (by_points && points === undefined) refuse('points-column')
        if (by_points && table.rows.some((row) => cell(row, points).includes('.'))) this.election.points_per_one = 1000
        this.refuses = this.read_invalid_ballots()
        this.limits = this.read_limits()
        const box = new BallotBox()
        const sorters = voter_columns.flatMap((by) => {
            const column = column_named(table, by)
            return column === undefined ? [] : [{ column, sorter: new VoterSorter(by) }]
        })
        // A city's ballots repeat: each distinct text is read once.
        const known = new Map<string, Choice[]>()
        const read = (row: Row, text: string): Choice[] | undefined => {
            const broken = () => this.limits.reduce((sum, limit) => sum + limit.broken, this.remarks.length)
            const remarks = broken()
            const choices = this.read_ballot(row, vote, by_points ? points : undefined)
            const counts = this.look_at_limits(row, choices)
            if (!counts) return undefined
            // A ballot that was remarked upon is remarked upon again when it comes again.
            if (broken() === remarks) known.set(text, choices)
            return choices
        }
        for (const row of table.rows) {
            const text = by_points ? `${cell(row, vote)}\n${cell(row, points)}` : cell(row, vote)
            const choices = known.get(text) ?? read(row, text)
            const count = this.read_weight(row, weight)
            if (!choices) continue
            box.add(choices, count)
            for (const { column, sorter } of sorters) sorter.add(cell(row, column), choices, count)
        }
        this.election.ballots = box.close()
        this.voters.push(...sorters.flatMap(({ sorter }) => sorter.close()))
        for (const { name, broken } of this.limits) {
            if (broken > told_max) this.remarks.push(against(name, this.refuses ? 'more-refused' : 'more-over-limit', { found: String(broken - told_max) }))
        }
        this.look_at_voters()
    }

    private read_invalid_ballots(): boolean {
        const text = meta_value(this.document, 'invalid_ballots').trim()
        if (text === '' || text === 'count') return false
        return text === 'refuse' || refuse('invalid-ballots', meta_place(this.document, 'invalid_ballots'), { text })
    }

    /// What META says a ballot may hold. A ballot against it is counted as published, unless META says that such are refused, and remarked upon.
    private read_limits(): Limit[] {
        const { kind, projects, points_per_one, budget, currency } = this.election
        const sum = (choices: Choice[], of: (choice: Choice) => number) => choices.reduce((all, choice) => all + of(choice), 0)
        const length = { of: (choices: Choice[]) => choices.length, read: whole, tell: String }
        const cost = {
            of: (choices: Choice[]) => sum(choices, ({ project }) => projects[project]!.cost),
            read: (text: string) => ((money) => (typeof money === 'number' ? money : undefined))(parse_money(text)),
            tell: (amount: number) => `${format_money(amount)} ${currency}`,
        }
        const in_parts = (text: string) => ((value) => (value === undefined ? undefined : (value * points_per_one) / 1000))(thousandths(text))
        const tell_points = (points: number) => String(points / points_per_one)
        const points = { of: (choices: Choice[]) => sum(choices, ({ value }) => value), read: in_parts, tell: tell_points }
        const least = { ...points, of: (choices: Choice[]) => Math.min(...choices.map(({ value }) => value)) }
        const most = { ...points, of: (choices: Choice[]) => Math.max(...choices.map(({ value }) => value)) }
        const known = { min_length: length, max_length: length, min_sum_cost: cost, max_sum_cost: cost }
        const all = kind === 'points' ? { ...known, min_points: least, max_points: most, min_sum_points: points, max_sum_points: points } : known
        const limits: Limit[] = []
        for (const [name, { of, read, tell }] of Object.entries(all)) {
            const text = meta_value(this.document, name).trim()
            const value = text === '' ? undefined : read(text)
            if (value !== undefined) limits.push({ name, at_most: name.startsWith('max'), value, of, tell, broken: 0 })
            else if (text !== '') this.remarks.push({ code: 'no-limit', given: { limit: name, said: text } })
        }
        const bound = meta_value(this.document, 'max_sum_cost').trim() !== ''
        if (kind === 'knapsack' && !bound) limits.push({ name: '', at_most: true, value: budget, of: cost.of, tell: cost.tell, broken: 0 })
        return limits
    }

    /// True if the ballot is to be counted.
    private look_at_limits(row: Row, choices: Choice[]): boolean {
        // A blank ballot is blank, not too short.
        if (choices.length === 0) return true
        for (const limit of this.limits) {
            const found = limit.of(choices)
            if (limit.at_most ? found <= limit.value : found >= limit.value) continue
            ++limit.broken
            if (this.refuses) {
                // One reason is enough.
                if (limit.broken <= told_max) this.remarks.push({ ...against(limit.name, 'refused'), line: row.line })
                return false
            }
            if (limit.broken > told_max) continue
            this.remarks.push({ ...against(limit.name, 'over-limit', { said: limit.tell(limit.value), found: limit.tell(found) }), line: row.line })
        }
        return true
    }

    /// A voter who stands twice is the first thing that somebody who checks a vote looks for. Both ballots count, as the town counted them.
    private look_at_voters(): void {
        const { votes: table } = this.document
        const column = column_named(table, 'voter_id')
        const last = new Map<string, number>()
        let again = 0
        for (const row of column === undefined ? [] : table.rows) {
            const voter = cell(row, column).trim()
            const before = last.get(voter)
            if (voter === '') continue
            last.set(voter, row.line)
            if (before === undefined || ++again > told_max) continue
            this.remarks.push({ code: 'voter-twice', line: row.line, given: { before: String(before) } })
        }
        if (again > told_max) this.remarks.push({ code: 'more-voters-twice', given: { found: String(again - told_max) } })
    }

    /// META fully_funded says that there was money for everything.
    private look_at_full_funding(): void {
        const cost = this.election.projects.reduce((sum, project) => sum + project.cost, 0)
        if (meta_value(this.document, 'fully_funded').trim() === '1' && cost > whole_budget(this.election)) this.remarks.push({ code: 'not-funded', given: {} })
    }

    private read_weight(row: Row, column: number | undefined): number {
        const text = cell(row, column).trim()
        if (text === '') return 1
        const weight = whole(text)
        return weight !== undefined && weight >= 1 && weight <= 1_000_000 ? weight : refuse('weight', place(row, column!))
    }

    private read_ballot(row: Row, column: number, points_column: number | undefined): Choice[] {
        const choices: Choice[] = []
        const ids = cell(row, column).split(',').map((id) => id.trim())
        // "a,b," is a,b; an empty field is a blank ballot.
        if (ids[ids.length - 1] === '') ids.pop()
        const points = points_column === undefined ? [] : cell(row, points_column).split(',')
        const seen = new Set<number>()
        ids.forEach((id, place_on_ballot) => {
            let value = this.election.kind === 'ranking' ? place_on_ballot + 1 : 1
            if (points_column !== undefined) {
                const text = (points[place_on_ballot] ?? '').trim()
                value = (this.election.points_per_one === 1 ? whole(text) : thousandths(text)) ?? refuse('not-points', place(row, points_column), { text })
            }
            const project = this.index.get(id)
            if (project === undefined) return refuse('unknown-project', place(row, column), { id })
            if (seen.has(project)) {
                this.remarks.push({ code: 'named-twice', line: row.line, given: { id } })
                return
            }
            seen.add(project)
            if (value > 0) choices.push({ project, value })
        })
        if (points.slice(ids.length).join(',').trim() !== '') refuse('more-points', place(row, points_column!))
        if (this.election.kind === 'choose-1' && choices.length > 1) refuse('one-choice', place(row, column))
        return choices
    }

    /// Sums must be exact in whole numbers of a double.
    private check_size(): void {
        const { ballots, projects } = this.election
        const points = ballots.values.reduce((most, value) => Math.max(most, value), 1)
        const largest = this.election.kind === 'ranking' ? Math.max(points, this.election.ranking_length, projects.length) : points
        if (whole_budget(this.election) > money_max) refuse('too-much', {}, { text: format_money(whole_budget(this.election)) })
        if (projects.length > 10_000 || ballot_total(ballots) > 1e8 || largest > 1e9 || ballot_total(ballots) * largest > 2 ** 52) {
            refuse('too-large')
        }
    }

    private compare_counts(): void {
        for (const [key, rows] of [['num_projects', this.document.projects.rows.length], ['num_votes', this.document.votes.rows.length]] as const) {
            const said = meta_value(this.document, key)
            if (said !== '' && whole(said) !== rows) this.remarks.push({ code: 'other-count', given: { key, said, found: String(rows) } })
        }
    }
}

function rule_by_name(document: Document, name: string): Rule {
    const threshold = meta_value(document, 'min_project_score_threshold').trim()
    const score_min = threshold === '' ? 0 : whole(threshold)
    if (name === '') return refuse('no-rule')
    if (score_min === undefined) return refuse('no-threshold', meta_place(document, 'min_project_score_threshold'))
    const common = { ...plain_rule, score_min, fully_funded: meta_value(document, 'fully_funded').trim() === '1' }
    switch (name) {
        case 'greedy':
            return { ...common, method: 'greedy' }
        case 'greedy-threshold':
            return threshold === '' ? refuse('no-threshold', meta_place(document, 'rule')) : { ...common, method: 'greedy' }
        case 'greedy-exclusive': {
            const column = column_named(document.projects, 'exclusive')
            const grouped = document.projects.rows.some((row) => cell(row, column).trim() !== '')
            return grouped ? { ...common, method: 'greedy' } : refuse('no-groups', meta_place(document, 'rule'))
        }
        case 'greedy-no-skip':
            return { ...common, method: 'greedy', misfit: 'stop' }
        case 'equalshares':
        case 'equalshares/none':
            return common
        case 'equalshares/add1':
            return { ...common, completion: 'add1' }
        case 'equalshares/add1-comparison':
            return { ...common, completion: 'add1', comparison: 'majority' }
    }
    const ours = rule_named(our_name(name))
    return ours ? { ...ours, score_min, fully_funded: common.fully_funded } : refuse('undefined-rule', meta_place(document, 'rule'), { name })
}

const rule_prefix = 'rule.'

/// Each value on the line and at the column that it has in the file ("rule.KEY;VALUE"), so that faults tell where they are.
function text_of_rule({ meta }: Document): string {
    let text = ''
    let at = 1
    for (const { key, value, line } of meta) {
        if (!key.toLowerCase().startsWith(rule_prefix)) continue
        text += `${'\n'.repeat(Math.max(0, line - at))}${key.slice(rule_prefix.length)}    = ${value}\n`
        at = Math.max(at, line) + value.split('\n').length
    }
    return text
}

/// The rule the file's META names: in full by its keys `rule.KEY`, or by name as far as the name defines one. "greedy-custom" and
/// "unknown" define none.
export function rule_of(document: Document): Rule {
    const name = meta_value(document, 'rule').trim()
    const text = text_of_rule(document)
    if (text === '') return rule_by_name(document, name)
    const rule = parse_rule(text)
    if (!rule.ok) return refuse(rule.fault.code, { line: rule.fault.line, column: rule.fault.column }, rule.fault.given)
    const named = attempt(() => rule_by_name(document, name))
    const other = rule_name(rule.value)
    if (name !== other && !(named.ok && rule_name(named.value) === other)) refuse('other-rule-text', meta_place(document, 'rule'), { name, other })
    return rule.value
}

/// A published `.pb` file as an election to count.
export const read_pabulib = (text: string): Attempt<Reading> => attempt(() => new Reader(parse_document(text)).read())

/// The same from bytes. Files are UTF-8; another encoding keeps its ids apart as Windows-1252, with a remark.
export function read_pabulib_bytes(bytes: Uint8Array): Attempt<Reading> {
    try {
        return read_pabulib(new TextDecoder('utf-8', { fatal: true }).decode(bytes))
    } catch (problem) {
        if (!(problem instanceof TypeError)) throw problem
        const read = read_pabulib(new TextDecoder('windows-1252').decode(bytes))
        if (read.ok) read.value.remarks.unshift({ code: 'not-utf8', given: {} })
        return read
    }
}
