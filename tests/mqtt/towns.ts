/// A town that speaks MQTT, and a mosquitto beside it, each on a port that was free.
import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { connect, createServer } from 'node:net'
import { join } from 'node:path'
import { program, start, type Town } from '../town/town.ts'

export function free_port(): Promise<number> {
    return new Promise((resolve) => {
        const server = createServer()
        server.listen(0, '127.0.0.1', () => {
            const address = server.address()
            server.close(() => resolve(typeof address === 'object' && address ? address.port : 0))
        })
    })
}

export function is_open(port: number): Promise<boolean> {
    return new Promise((resolve) => {
        const socket = connect(port, '127.0.0.1', () => {
            socket.destroy()
            resolve(true)
        })
        socket.once('error', () => resolve(false))
    })
}

export async function until_open(port: number): Promise<void> {
    const end = performance.now() + 60_000
    while (!(await is_open(port))) {
        if (performance.now() > end) throw new Error(`nothing listens on port ${port}`)
        await pause(20)
    }
}

export const pause = (milliseconds: number) => new Promise<void>((wake) => setTimeout(wake, milliseconds))

/// The smallest web app that the program takes.
export function write_settings(where: string, more: string): string {
    mkdirSync(join(where, 'web/.vite'), { recursive: true })
    writeFileSync(join(where, 'web/.vite/manifest.json'), '{}')
    const file = join(where, 'bypuls.toml')
    writeFileSync(file, `[server]\nlisten = "127.0.0.1:0"\nweb = "${where}/web"\n[observations]\nsettle_interval = "200 ms"\n${more}`)
    return file
}

export function serve(where: string, more: string): Promise<Town> {
    return start(['serve', '--config', write_settings(where, more), '--data', join(where, 'data')])
}

export async function metric(town: Town, token: string, name: string): Promise<number> {
    const answer = await fetch(`${town.url}/metrics`, { headers: { Authorization: `Bearer ${token}` } })
    const line = (await answer.text()).split('\n').find((each) => each.startsWith(`${name} `) || each.startsWith(`${name}{`))
    return line === undefined ? -1 : Number(line.split(' ').at(-1))
}

/// Rows of a question to a town that is not running, or has settled.
export function query(where: string, sql: string): Record<string, unknown>[] {
    const printed = execFileSync(program, ['query', '--data', join(where, 'data'), '--format', 'json', sql], { encoding: 'utf8', maxBuffer: 1 << 28 })
    return printed.trim().split('\n').filter((line) => line !== '').map((line) => JSON.parse(line) as Record<string, unknown>)
}

export const mosquitto_program = ['/usr/sbin/mosquitto', '/usr/bin/mosquitto', '/usr/local/sbin/mosquitto'].find((path) => existsSync(path))

/// mosquitto with persistence, to be killed and started again.
export class Mosquitto {
    private process: ChildProcess | undefined
    readonly port: number
    private readonly config: string

    /// It writes its file after so many `changes`; what is newer is lost when it is killed outright.
    constructor(where: string, port: number, changes = 1) {
        this.port = port
        const keeps = join(where, `mosquitto-${port}`)
        mkdirSync(keeps, { recursive: true })
        this.config = `${keeps}.conf`
        const user = process.getuid?.() === 0 ? 'user root\n' : ''
        writeFileSync(this.config, `${user}listener ${port} 127.0.0.1\nallow_anonymous true\npersistence true\npersistence_location ${keeps}/\nautosave_interval ${changes}\nautosave_on_changes true\nmax_queued_messages 0\n`)
        process.once('exit', () => this.process?.kill('SIGKILL'))
    }
    async start(): Promise<void> {
        this.process = spawn(mosquitto_program!, ['-c', this.config], { stdio: 'ignore' })
        await until_open(this.port)
    }
    end(signal: NodeJS.Signals): Promise<void> {
        return new Promise((resolve) => {
            if (!this.process || this.process.exitCode !== null || this.process.signalCode !== null) return resolve()
            this.process.once('exit', () => resolve())
            this.process.kill(signal)
        })
    }
}
