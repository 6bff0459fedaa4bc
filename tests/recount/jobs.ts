/// Jobs of one test on two threads, each with commands of its own to ask.
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads'
import type { Report } from '../town/town.ts'
import { Commands } from './commands.ts'

export interface Job {
    name: string
    run: (commands: Commands) => Promise<void>
}

interface Done {
    name: string
    fault?: string
}

const threads = 2

async function take_turns(jobs: readonly Job[], next: Int32Array): Promise<void> {
    const commands = new Commands()
    for (let at = Atomics.add(next, 0, 1); at < jobs.length; at = Atomics.add(next, 0, 1)) {
        const { name, run } = jobs[at]!
        const done: Done = { name }
        await run(commands).catch((fault: unknown) => (done.fault = fault instanceof Error ? (fault.stack ?? fault.message) : String(fault)))
        parentPort!.postMessage(done)
    }
    commands.close()
}

/// Called by a test's file with the same jobs on each of its threads; on the main one it ends when all of them are reported.
export async function do_jobs(file: string, jobs: readonly Job[], report: Report): Promise<void> {
    if (!isMainThread) return take_turns(jobs, workerData as Int32Array)
    const next = new Int32Array(new SharedArrayBuffer(4))
    const reported = new Set<string>()
    const thread = () =>
        new Promise<void>((end) => {
            const worker = new Worker(file, { workerData: next, argv: process.argv.slice(2) })
            worker.on('message', ({ name, fault }: Done) => {
                reported.add(name)
                void report.test(name, () => {
                    if (fault !== undefined) throw new Error(fault)
                })
            })
            worker.on('error', (why) => void report.test('a thread', () => Promise.reject(why)))
            worker.on('exit', () => end())
        })
    await Promise.all(Array.from({ length: threads }, thread))
    for (const { name } of jobs) if (!reported.has(name)) await report.test(name, () => Promise.reject(new Error('was not done')))
}
