/// Starts programs for tests: on a free port, in a folder of their own, ended when the test ends.
import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { constants, cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

export const program = process.env.BYPULS_PROGRAM ?? 'build/dev/bypuls'

export interface Town {
    url: string
    /// What the program has printed so far, on both channels.
    output: () => string
    process: ChildProcess
    stop: () => Promise<number>
}

export function folder(): string {
    return mkdtempSync(join(tmpdir(), 'bypuls-town-'))
}

export function remove(path: string): void {
    rmSync(path, { recursive: true, force: true })
}

/// Runs `bypuls ...` until it serves; rejects with what it printed when it ends before that.
export function start(args: string[]): Promise<Town> {
    const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'pipe'] })
    let printed = ''
    const stop = () =>
        new Promise<number>((resolve) => {
            if (child.exitCode !== null) return resolve(child.exitCode)
            child.once('exit', (code) => resolve(code ?? -1))
            child.kill('SIGTERM')
        })
    process.once('exit', () => child.kill('SIGKILL'))
    return new Promise((resolve, reject) => {
        const read = (text: Buffer) => {
            printed += text
            const address = printed.match(/"message":"serving","address":"([^"]+)"/) ?? printed.match(/is open at (http:\S+)/)
            if (address) resolve({ url: address[1]!, output: () => printed, process: child, stop })
        }
        child.stdout.on('data', read)
        child.stderr.on('data', read)
        child.once('exit', (code) => reject(new Error(`the program ended with ${code}:\n${printed}`)))
    })
}

/// The demonstration town with its history, in `data`. Laying it takes a processor some seconds, so ctest lays it once (seed.ts), and
/// each test has a copy of its own.
export function start_demonstration(data: string, ...args: string[]): Promise<Town> {
    const seeded = process.env.BYPULS_SEEDED_TOWN
    if (seeded) cpSync(seeded, data, { recursive: true, mode: constants.COPYFILE_FICLONE })
    return start(['demo', '--data', data, '--listen', '127.0.0.1:0', ...args])
}

export function make_token(data: string, scope: string): string {
    const printed = execFileSync(program, ['token', 'create', '--data', data, '--name', 'test', '--scope', scope], { encoding: 'utf8' })
    return printed.trim().split('\n').at(-1)!
}

/// Asks again until the answer satisfies, or the time is up; for what happens a moment later.
export async function until<T>(ask: () => Promise<T>, satisfies: (answer: T) => boolean, seconds: number): Promise<T> {
    const end = performance.now() + seconds * 1000
    for (;;) {
        const answer = await ask()
        if (satisfies(answer)) return answer
        if (performance.now() > end) throw new Error(`not within ${seconds} s: ${JSON.stringify(answer).slice(0, 500)}`)
        await new Promise((wake) => setTimeout(wake, 100))
    }
}

export class Report {
    private readonly total = { passed: 0, failed: 0, skipped: 0 }
    private readonly name: string
    constructor(name: string) {
        this.name = name
    }

    async test(name: string, work: () => Promise<void> | void): Promise<void> {
        try {
            await work()
            this.total.passed += 1
        } catch (fault) {
            this.total.failed += 1
            console.log(`failed: ${name}\n  ${String(fault instanceof Error ? fault.stack : fault).split('\n').slice(0, 14).join('\n  ')}`)
        }
    }

    skip(name: string, reason: string): void {
        this.total.skipped += 1
        console.log(`skipped: ${name}: ${reason}`)
    }

    end(): never {
        const results = process.env.BYPULS_RESULTS
        if (results) {
            mkdirSync(results, { recursive: true })
            writeFileSync(join(results, `${this.name}.json`), JSON.stringify(this.total))
        }
        console.log(`${this.total.passed} passed, ${this.total.failed} failed, ${this.total.skipped} skipped`)
        process.exit(this.total.failed === 0 && this.total.passed + this.total.skipped > 0 ? 0 : 1)
    }
}
