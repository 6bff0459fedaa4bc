import type { Beside } from './counting/beside.ts'
import type { Closeness } from './counting/distance.ts'
import type { Rule } from './counting/rule.ts'
import type { Answers, Reply, Request } from './protocol.ts'

/// Thrown into a question that was given up.
export class Stopped extends Error {}

interface Asked {
    give: (answer: never) => void
    fail: (why: Error) => void
    progress: (steps: number) => void
}

/// One worker with one question at a time. Giving up ends the worker; the next question begins another and tells it again what the
/// first one knew. The worker's code came with the page, so that needs no network.
export class Session {
    private readonly make: () => Worker
    private worker: Worker
    private asked: Asked | undefined
    private told: Request[] = []
    private fresh = true

    constructor(make: () => Worker) {
        this.make = make
        this.worker = this.begin()
    }

    async read(bytes: Uint8Array): Promise<Answers['read']> {
        this.stop()
        this.told = [{ kind: 'read', bytes }]
        this.fresh = false
        return this.ask<'read'>(this.told[0]!)
    }

    async count(rule: Rule, progress: (steps: number) => void = () => undefined): Promise<Answers['count']> {
        this.stop()
        this.told = this.told.slice(0, 1)
        await this.tell_again()
        const request: Request = { kind: 'count', rule }
        const answer = await this.ask<'count'>(request, progress)
        this.told.push(request)
        return answer
    }

    closeness(project: number, progress: (steps: number) => void = () => undefined): Promise<Answers['closeness']> {
        return this.in_turn<'closeness'>({ kind: 'closeness', project }, progress)
    }

    beside(progress: (steps: number) => void = () => undefined): Promise<Answers['beside']> {
        return this.in_turn<'beside'>({ kind: 'beside' }, progress)
    }

    report(closeness: ReadonlyMap<number, Closeness>, beside: readonly Beside[] | undefined): Promise<Answers['report']> {
        return this.in_turn<'report'>({ kind: 'report', closeness, ...(beside && { beside }) })
    }

    /// Gives up what is being asked, if anything is, and what waits behind it.
    stop(): void {
        ++this.stops
        if (!this.asked) return
        this.worker.terminate()
        this.worker = this.begin()
        this.fresh = true
        const { fail } = this.asked
        this.asked = undefined
        fail(new Stopped())
    }

    /// Of the count that there is: after what was asked before.
    private in_turn<Kind extends keyof Answers>(request: Request, progress?: (steps: number) => void): Promise<Answers[Kind]> {
        const { stops } = this
        const turn = this.turns.then(async () => {
            if (stops !== this.stops) throw new Stopped()
            await this.tell_again()
            return this.ask<Kind>(request, progress)
        })
        this.turns = turn.catch(() => undefined)
        return turn
    }
    private turns: Promise<unknown> = Promise.resolve()
    private stops = 0

    private begin(): Worker {
        const worker = this.make()
        worker.onmessage = ({ data }: MessageEvent<Reply>) => this.hear(data)
        worker.onerror = (event) => this.hear({ kind: 'broke', why: event.message })
        return worker
    }

    private async tell_again(): Promise<void> {
        if (!this.fresh) return
        this.fresh = false
        for (const request of this.told) await this.ask(request)
    }

    private ask<Kind extends keyof Answers>(request: Request, progress: (steps: number) => void = () => undefined): Promise<Answers[Kind]> {
        return new Promise((give, fail) => {
            this.asked = { give, fail, progress }
            this.worker.postMessage(request)
        })
    }

    private hear(reply: Reply): void {
        const asked = this.asked
        if (!asked) return
        if (reply.kind === 'progress') return asked.progress(reply.steps)
        this.asked = undefined
        if (reply.kind === 'answer') asked.give(reply.answer as never)
        else asked.fail(new Error(reply.why))
    }
}
