import { type Attempt, attempt, type Fault, refuse } from './counting/fault.ts'
import { type Claim, read_result } from './counting/report.ts'
import { type Rule, rule_named } from './counting/rule.ts'
import type { Counted, Summary } from './protocol.ts'
import { type Session, Stopped } from './session.ts'

/// What lies on the table: the files, what was read in them, the rule to count by, and what came out. Changes only through `Table`.
export interface OnTable {
    ballots?: { file: string; summary: Summary }
    published?: { file: string; claim: Claim }
    /// 'file', 'result', or the name of a rule; '' until one is chosen.
    rule: string
    counted?: Counted & { rule: Rule }
    work?: { kind: 'reading'; file: string } | { kind: 'counting'; steps: number }
    /// What cannot be read, newest read only.
    faults: { file: string; fault: Fault }[]
    trouble?: 'stopped' | 'no-ballots' | 'fetch' | { broke: string }
}

/// A file that somebody chose, dropped or opened from the library.
export interface Given {
    name: string
    bytes: Uint8Array
    /// Why it cannot be used at all.
    fault?: Fault
}

const looks_like_result = ({ name, bytes }: Given): boolean => name.endsWith('.json') || bytes[0] === '{'.charCodeAt(0)

export class Table {
    private state: OnTable = { rule: '', faults: [] }
    private readonly session: Session
    private readonly show: (state: OnTable) => void

    constructor(session: Session, show: (state: OnTable) => void) {
        this.session = session
        this.show = show
    }

    /// Reads what was given and counts if it can. A rule asked for by name is used where the files do not forbid it.
    async take(given: readonly Given[], wanted = ''): Promise<void> {
        const files = given.filter(({ fault }) => !fault)
        const ballots = files.find((file) => !looks_like_result(file))
        const result = files.find(looks_like_result)
        const faults = given.flatMap((file): OnTable['faults'] => {
            const fault = file.fault ?? (file === ballots || file === result ? undefined : ({ code: 'one-at-a-time' } satisfies Fault))
            return fault ? [{ file: file.name, fault }] : []
        })
        // What cannot be used takes nothing away.
        if (!ballots && !result) return this.put({ faults, trouble: undefined, work: undefined })
        this.put({ faults, trouble: undefined, counted: undefined })
        try {
            if (result) this.take_result(result)
            if (ballots) await this.take_ballots(ballots, result !== undefined)
            if (!this.state.ballots) return this.put({ trouble: this.state.faults.length > 0 ? undefined : 'no-ballots' })
            this.check_claim()
            await this.choose(rule_named(wanted) ? wanted : this.own_rule())
        } catch (problem) {
            this.put(this.after(problem))
        }
    }

    async choose(rule: string): Promise<void> {
        this.put({ rule, counted: undefined, trouble: undefined })
        const chosen = this.rule()
        if (!chosen || !this.state.ballots) return
        this.put({ work: { kind: 'counting', steps: 0 } })
        try {
            const answer = await this.session.count(chosen, (steps) => this.put({ work: { kind: 'counting', steps } }))
            if (answer.ok) this.put({ counted: { ...answer.value, rule: chosen }, work: undefined })
            else this.put({ faults: [...this.state.faults, { file: this.state.ballots.file, fault: answer.fault }], work: undefined })
        } catch (problem) {
            this.put(this.after(problem))
        }
    }

    /// The files are being fetched from where they lie.
    reading(file: string): void {
        this.put({ work: { kind: 'reading', file } })
    }

    /// Gives up what is being read or counted.
    give_up(): void {
        this.session.stop()
        this.put({ work: undefined, trouble: 'stopped' })
    }

    could_not_fetch(): void {
        this.put({ trouble: 'fetch' })
    }

    private take_result(given: Given): void {
        const claim = read_result(new TextDecoder().decode(given.bytes))
        if (!claim.ok) return this.put({ published: undefined, faults: [...this.state.faults, { file: given.name, fault: claim.fault }] })
        const faults = claim.value.rule.ok ? [] : [{ file: given.name, fault: claim.value.rule.fault }]
        this.put({ published: { file: given.name, claim: claim.value }, faults: [...this.state.faults, ...faults] })
    }

    private async take_ballots(given: Given, with_result: boolean): Promise<void> {
        // A result that was chosen first waits for its ballots; that of other ballots goes with them.
        const others = !with_result && this.state.ballots !== undefined
        this.put({ ballots: undefined, work: { kind: 'reading', file: given.name }, ...(others && { published: undefined }) })
        const read: Attempt<Summary> = await this.session.read(given.bytes)
        if (read.ok) this.put({ ballots: { file: given.name, summary: read.value }, work: undefined })
        else this.put({ faults: [...this.state.faults, { file: given.name, fault: read.fault }], work: undefined })
    }

    /// A result that names projects of another election is put aside.
    private check_claim(): void {
        const { published, ballots } = this.state
        const stranger = published?.claim.winners.find((id) => !ballots!.summary.election.projects.some((project) => project.id === id))
        if (stranger === undefined) return
        const fault = attempt(() => refuse('other-election', {}, { id: stranger }))
        this.put({ published: undefined, faults: [...this.state.faults, ...(fault.ok ? [] : [{ file: published!.file, fault: fault.fault }])] })
    }

    private own_rule(): string {
        if (this.state.published?.claim.rule.ok) return 'result'
        return this.state.ballots?.summary.rule.ok ? 'file' : ''
    }

    private rule(): Rule | undefined {
        const { rule, ballots, published } = this.state
        const named = rule === 'file' ? ballots?.summary.rule : rule === 'result' ? published?.claim.rule : undefined
        return named ? (named.ok ? named.value : undefined) : rule_named(rule)
    }

    private after(problem: unknown): Partial<OnTable> {
        return { work: undefined, trouble: problem instanceof Stopped ? 'stopped' : { broke: problem instanceof Error ? problem.message : String(problem) } }
    }

    private put(change: Partial<OnTable>): void {
        this.state = { ...this.state, ...change }
        this.show(this.state)
    }
}
