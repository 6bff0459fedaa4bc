import type { Closeness } from './counting/distance.ts'
import type { Fault } from './counting/fault.ts'
import type { Counted, Summary } from './protocol.ts'
import { type Session, Stopped } from './session.ts'

/// What is known of how close each project was.
export interface HowClose {
    known: ReadonlyMap<number, Closeness>
    /// Being worked out, with the number of counts so far.
    running?: { project: number; counts: number }
    waiting: readonly number[]
    failed?: string | Fault
}

export const nothing_known: HowClose = { known: new Map(), waiting: [] }

/// How much it takes to say how close one project was: about a hundred counts. Some are done at once, some when asked for, and some are
/// left to the program.
export type Effort = 'at-once' | 'when-asked' | 'left-out'

const counts_for_one = 100
const at_once_milliseconds = 60_000
const one_at_most_milliseconds = 120_000

/// Projects of which it can be asked: those with votes, but for what was funded for being free.
export function askable({ election }: Summary, { result }: Counted): number[] {
    const free = new Set(result.rounds.filter(({ phase }) => phase === 'free').map(({ project }) => project))
    return election.projects.map((_, project) => project).filter((project) => result.votes[project]! > 0 && !free.has(project))
}

export function effort_of(summary: Summary, counted: Counted): Effort {
    const one = counted.trial_milliseconds * counts_for_one
    if (one > one_at_most_milliseconds) return 'left-out'
    return one * askable(summary, counted).length <= at_once_milliseconds ? 'at-once' : 'when-asked'
}

/// Asks for one project after another, so that the page can show each when it is known.
export class Distances {
    private state: HowClose = nothing_known
    private readonly session: Session
    private readonly show: (state: HowClose) => void
    private given_up = false

    constructor(session: Session, show: (state: HowClose) => void) {
        this.session = session
        this.show = show
    }

    /// Those asked for last come first; what is known or running is not asked for again.
    ask(projects: readonly number[]): void {
        const { known, running, waiting } = this.state
        const fresh = projects.filter((project) => !known.has(project) && running?.project !== project)
        this.put({ waiting: [...fresh, ...waiting.filter((project) => !fresh.includes(project))], failed: undefined })
        if (!running) void this.go_on()
    }

    stop(): void {
        this.put({ waiting: [] })
        if (this.state.running) this.session.stop()
    }

    /// Nothing is shown any more: the count is another.
    give_up(): void {
        this.given_up = true
        this.state = nothing_known
    }

    private async go_on(): Promise<void> {
        for (;;) {
            const [project, ...waiting] = this.state.waiting
            if (project === undefined || this.given_up) return this.put({ running: undefined })
            this.put({ waiting, running: { project, counts: 0 } })
            try {
                const answer = await this.session.closeness(project, (counts) => this.put({ running: { project, counts } }))
                if (answer.ok) this.put({ known: new Map([...this.state.known, [project, answer.value]]) })
                else this.put({ waiting: [], failed: answer.fault })
            } catch (why) {
                this.put({ waiting: [], failed: why instanceof Stopped ? undefined : String(why) })
            }
        }
    }

    private put(change: Partial<HowClose>): void {
        if (this.given_up) return
        this.state = { ...this.state, ...change }
        this.show(this.state)
    }
}
