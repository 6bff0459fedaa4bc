import { afterEach, describe, expect, it, vi } from 'vitest'
import play_money from '../../../tests/data/participation/play_money.pb?raw'
import play_money_result from '../../../tests/data/participation/play_money.json?raw'
import { count } from './counting/count.ts'
import { ballot_total, most_of_one_ballot } from './counting/election.ts'
import { ballots_sha256 } from './counting/fingerprint.ts'
import { figures } from './counting/figures.ts'
import { read_pabulib_bytes, type Reading } from './counting/pabulib.ts'
import { result_json } from './counting/report.ts'
import { fault_in_words } from './parts.tsx'
import type { Answers, Reply, Request } from './protocol.ts'
import { Session } from './session.ts'
import { type OnTable, Table } from './table.ts'
import { verdict_of_file, verdict_of_result } from './verdict.ts'
import { recount_words } from './words.ts'

/// Answers as counting.worker.ts does, when it is let; happy-dom has no workers.
class FakeWorker {
    static made = 0
    static held: (() => void)[] | undefined
    onmessage: ((event: { data: Reply }) => void) | null = null
    onerror: unknown = null
    ended = false
    private reading: Reading | undefined

    constructor() {
        ++FakeWorker.made
    }
    terminate(): void {
        this.ended = true
    }
    postMessage(request: Request): void {
        const answer = () => !this.ended && this.onmessage?.({ data: { kind: 'answer', answer: this.answer(request) } })
        if (FakeWorker.held) FakeWorker.held.push(answer)
        else queueMicrotask(answer)
    }
    private answer(request: Request): Answers[keyof Answers] {
        if (request.kind === 'read') {
            const read = read_pabulib_bytes(request.bytes)
            if (!read.ok) return read
            this.reading = read.value
            const { election, groups, ...rest } = read.value
            return { ok: true, value: { ...rest, election: { ...election, most_of_one_ballot: most_of_one_ballot(election) }, ballots: ballot_total(election.ballots), fingerprint: ballots_sha256(election) } }
        }
        if (request.kind !== 'count' || !this.reading) throw new Error('nothing was read')
        const result = count(this.reading.election, request.rule)
        if (!result.ok) return result
        const { election } = this.reading
        const found = figures(election, request.rule, result.value)
        const told = { json: result_json(election, request.rule, result.value, { figures: found }), figures: found }
        return { ok: true, value: { result: result.value, ...told, milliseconds: 1, trial_milliseconds: 1 } }
    }
}

const bytes = (text: string) => new TextEncoder().encode(text)
const ballots = { name: 'valg.pb', bytes: bytes(play_money) }
const published = { name: 'valg.json', bytes: bytes(play_money_result) }

function set_table() {
    let state: OnTable = { rule: '', faults: [] }
    const session = new Session(() => new FakeWorker() as unknown as Worker)
    const table = new Table(session, (shown) => (state = shown))
    return { table, session, shown: () => state }
}

describe('the table', () => {
    afterEach(() => {
        FakeWorker.held = undefined
        FakeWorker.made = 0
    })

    it('counts by the rule in the file, and the published outcome follows', async () => {
        const { table, shown } = set_table()
        await table.take([ballots])
        const { counted, rule, faults } = shown()
        expect([rule, faults]).toEqual(['file', []])
        expect(verdict_of_file(shown().ballots!.summary, counted!.result, counted!.rule)).toMatchObject({ follows: true, incomparable: false })
    })
    it('keeps a result that was chosen before its ballots', async () => {
        const { table, shown } = set_table()
        await table.take([published])
        expect(shown().trouble).toBe('no-ballots')
        await table.take([ballots])
        expect([shown().rule, shown().published?.file, shown().trouble]).toEqual(['result', 'valg.json', undefined])
        // Other ballots come without it.
        await table.take([ballots])
        expect(shown().published).toBeUndefined()
    })
    it('loses nothing to a file that cannot be used, and says which files it left out', async () => {
        const { table, shown } = set_table()
        await table.take([ballots, { ...ballots, name: 'mer.pb' }, { name: 'side.pb', bytes: bytes(''), fault: { code: 'web-page' } }])
        expect(shown().faults.map(({ file, fault }) => [file, fault.code])).toEqual([['mer.pb', 'one-at-a-time'], ['side.pb', 'web-page']])
        const { counted } = shown()
        await table.take([{ name: 'bilde.pb', bytes: bytes(''), fault: { code: 'not-text' } }])
        expect([shown().counted === counted, shown().faults[0]!.fault.code, shown().work]).toEqual([true, 'not-text', undefined])
    })
    it('tells by its fingerprint a result of other ballots', async () => {
        const { table, shown } = set_table()
        const verdict = () => verdict_of_result(shown().ballots!.summary, shown().counted!, shown().published!.claim)
        await table.take([published, ballots])
        const { ballots_sha256, rule_sha256 } = shown().counted!.json as Record<string, string>
        expect(ballots_sha256).toBe(shown().ballots!.summary.fingerprint)
        const with_prints = (prints: object) => ({ ...published, bytes: bytes(JSON.stringify({ ...(JSON.parse(play_money_result) as object), ...prints })) })
        await table.take([with_prints({ ballots_sha256, rule_sha256 }), ballots])
        expect(verdict()).toMatchObject({ follows: true, other_ballots: false })
        await table.take([with_prints({ ballots_sha256: '0'.repeat(64), rule_sha256 }), ballots])
        expect(verdict()).toMatchObject({ follows: false, other_ballots: true })
        await table.take([with_prints({ ballots_sha256, rule_sha256: '0'.repeat(64) }), ballots])
        expect(verdict()).toMatchObject({ follows: false, elsewhere: { path: 'rule_sha256' } })
    })
    it('counts by the rule in a published result', async () => {
        const { table, shown } = set_table()
        await table.take([published, ballots])
        const { counted, rule } = shown()
        expect(rule).toBe('result')
        const verdict = verdict_of_result(shown().ballots!.summary, counted!, shown().published!.claim)
        expect(verdict).toMatchObject({ follows: true, incomparable: false, other_order: false })
    })
    it('says where a published result does not follow', async () => {
        const wrong = play_money_result.replace('"winners": ["bike", "play", "lib"]', '"winners": ["gym", "play", "bike"]').replace(/"spent": "\d+"/, '"spent": "900"')
        const { table, shown } = set_table()
        await table.take([ballots, { name: 'valg.json', bytes: bytes(wrong) }])
        const { counted } = shown()
        expect(verdict_of_result(shown().ballots!.summary, counted!, shown().published!.claim)).toMatchObject({
            follows: false, only_theirs: ['gym'], only_ours: ['lib'], their_spent: 90_000,
        })
    })
    it.each([
        ['voters', 'voters', (result: any) => (result.voters = 12)],
        ['a payment', 'rounds[0].share.fraction', (result: any) => (result.rounds[0].share.fraction = '99')],
        ['rounds', 'rounds[0]', (result: any) => (result.rounds = [])],
        ['votes', 'projects[1].votes', (result: any) => (result.projects[1].votes = 99)],
        ['the name of the rule', 'rule', (result: any) => (result.rule = 'greedy')],
    ])('says that %s does not follow', async (_, path, forge) => {
        const forged = JSON.parse(play_money_result)
        forge(forged)
        const { table, shown } = set_table()
        await table.take([ballots, { name: 'valg.json', bytes: bytes(JSON.stringify(forged)) }])
        expect(verdict_of_result(shown().ballots!.summary, shown().counted!, shown().published!.claim)).toMatchObject({ follows: false, elsewhere: { path } })
    })
    it('says when only the order differs', async () => {
        const { table, shown } = set_table()
        await table.take([ballots, { name: 'valg.json', bytes: bytes(play_money_result.replace('"bike", "play", "lib"', '"play", "bike", "lib"')) }])
        const verdict = verdict_of_result(shown().ballots!.summary, shown().counted!, shown().published!.claim)
        expect(verdict).toMatchObject({ follows: false, other_order: true, only_ours: [] })
    })
    it('does not compare outcomes by different rules', async () => {
        const { table, shown } = set_table()
        await table.take([ballots, published])
        await table.choose('phragmen')
        const { counted } = shown()
        expect(verdict_of_file(shown().ballots!.summary, counted!.result, counted!.rule)!.incomparable).toBe(true)
        expect(verdict_of_result(shown().ballots!.summary, counted!, shown().published!.claim).incomparable).toBe(true)
    })
    it('waits for a rule where the file defines none', async () => {
        const { table, shown } = set_table()
        await table.take([{ name: 'valg.pb', bytes: bytes(play_money.replace('equalshares/add1', 'greedy-custom')) }])
        expect(shown().counted).toBeUndefined()
        expect(shown().ballots!.summary.rule).toMatchObject({ ok: false, fault: { code: 'undefined-rule' } })
        await table.choose('greedy')
        expect(shown().counted!.result.rule).toBe('greedy')
    })
    it('takes a rule that was asked for, and only one that exists', async () => {
        const { table, shown } = set_table()
        await table.take([ballots], 'phragmen')
        expect(shown().rule).toBe('phragmen')
        await table.take([ballots], 'nonsense')
        expect(shown().rule).toBe('file')
    })
    it('asks for the ballots when it gets a result alone', async () => {
        const { table, shown } = set_table()
        await table.take([published])
        expect(shown().trouble).toBe('no-ballots')
        await table.take([ballots])
        expect(shown().counted).toBeDefined()
    })
    it('keeps the faults of each file, and counts what can be counted', async () => {
        const { table, shown } = set_table()
        await table.take([ballots, { name: 'x.json', bytes: bytes('{"format": "other"}') }])
        expect(shown().faults).toMatchObject([{ file: 'x.json', fault: { code: 'not-result' } }])
        expect(shown().counted).toBeDefined()
        await table.take([{ name: 'x.pb', bytes: bytes('no ballots here') }])
        expect(shown().faults).toMatchObject([{ file: 'x.pb', fault: { code: 'not-sections', line: 1 } }])
        expect(shown().counted).toBeUndefined()
    })
    it('says that it is the rule in a result that it cannot read, and no line of the file', async () => {
        const { table, shown } = set_table()
        await table.take([ballots, { name: 'x.json', bytes: bytes(JSON.stringify({ ...(JSON.parse(play_money_result) as object), rule_text: '# one\nmethod = "luck"\n' })) }])
        expect(shown().faults).toMatchObject([{ file: 'x.json', fault: { code: 'rule-one-of', path: 'rule_text' } }])
        expect(shown().faults[0]!.fault.line).toBeUndefined()
        expect(fault_in_words(await recount_words('nb'), shown().faults[0]!.fault, 'x.json')).toMatch(/^x\.json, rule_text \(regelen i resultatet\): /)
    })
    it('puts aside a result of another election', async () => {
        const { table, shown } = set_table()
        await table.take([ballots, { name: 'x.json', bytes: bytes(play_money_result.replace('"bike", "play", "lib"', '"bridge"')) }])
        expect(shown().faults).toMatchObject([{ fault: { code: 'other-election', given: { id: 'bridge' } } }])
        expect(shown().rule).toBe('file')
    })
    it('can be given up while a file is read that takes long', () => {
        const { table, shown } = set_table()
        table.reading('valg.pb.zst')
        expect(shown().work).toEqual({ kind: 'reading', file: 'valg.pb.zst' })
        table.give_up()
        expect(shown()).toMatchObject({ work: undefined, trouble: 'stopped' })
    })
    it('can be given up, and begins again with what it knew', async () => {
        const { table, session, shown } = set_table()
        await table.take([ballots])
        FakeWorker.held = []
        const counting = table.choose('phragmen')
        await vi.waitFor(() => expect(shown().work).toBeDefined())
        session.stop()
        await counting
        expect(shown().trouble).toBe('stopped')
        FakeWorker.held = undefined
        await table.choose('phragmen')
        expect(shown().counted!.result.rule).toBe('phragmen')
        expect(FakeWorker.made).toBe(2)
    })
})
