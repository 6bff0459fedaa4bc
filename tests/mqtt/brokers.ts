/// Brokers of other makers, each on a port that was free: what the town fetches from beside mosquitto.
import { type ChildProcess, spawn } from 'node:child_process'
import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { createServer, type Server, type Socket } from 'node:net'
import { join } from 'node:path'
import { Aedes } from 'aedes'
import { free_port, until_open } from './towns.ts'

export const nats_program = ['/usr/sbin/nats-server', '/usr/bin/nats-server', '/usr/local/bin/nats-server'].find((path) => existsSync(path))

/// NATS with JetStream, which keeps sessions and messages in files.
export class Nats {
    readonly port: number
    private readonly monitor: number
    private readonly config: string
    private process: ChildProcess | undefined

    private constructor(where: string, port: number, own: number, monitor: number) {
        this.port = port
        this.monitor = monitor
        this.config = join(where, 'nats.conf')
        mkdirSync(join(where, 'nats'), { recursive: true })
        writeFileSync(this.config, `
server_name: far
listen: "127.0.0.1:${own}"
http: "127.0.0.1:${monitor}"
jetstream { store_dir: "${where}/nats" }
mqtt { host: "127.0.0.1", port: ${port}, ack_wait: "2s" }
`)
        process.once('exit', () => this.process?.kill('SIGKILL'))
    }
    static async in(where: string): Promise<Nats> {
        return new Nats(where, await free_port(), await free_port(), await free_port())
    }
    async start(): Promise<void> {
        this.process = spawn(nats_program!, ['-c', this.config], { stdio: 'ignore' })
        await until_open(this.port)
    }
    kill(): Promise<void> {
        return new Promise((resolve) => {
            this.process!.once('exit', () => resolve())
            this.process!.kill('SIGKILL')
        })
    }
    /// How many messages it has for sessions that have not acknowledged them.
    async waiting(): Promise<number> {
        interface Stream { name: string; consumer_detail?: { num_pending: number; num_ack_pending: number }[] }
        const answer = await fetch(`http://127.0.0.1:${this.monitor}/jsz?streams=true&consumers=true`)
        const { account_details } = (await answer.json()) as { account_details?: { stream_detail?: Stream[] }[] }
        const streams = (account_details ?? []).flatMap((account) => account.stream_detail ?? [])
        const messages = streams.find((stream) => stream.name === '$MQTT_msgs')
        return (messages?.consumer_detail ?? []).reduce((sum, each) => sum + each.num_pending + each.num_ack_pending, 0)
    }
}

/// aedes in this very process. Its sessions are in memory, so what breaks off is the network to it.
export class InProcessAedes {
    readonly port: number
    private readonly broker: Aedes
    private server: Server | undefined
    private readonly sockets = new Set<Socket>()

    private constructor(port: number, broker: Aedes) {
        this.port = port
        this.broker = broker
    }
    static async open(): Promise<InProcessAedes> {
        return new InProcessAedes(await free_port(), await Aedes.createBroker())
    }
    start(): Promise<void> {
        this.server = createServer((socket) => {
            this.sockets.add(socket)
            socket.once('close', () => this.sockets.delete(socket))
            this.broker.handle(socket)
        })
        return new Promise((resolve) => this.server!.listen(this.port, '127.0.0.1', resolve))
    }
    break_off(): Promise<void> {
        return new Promise((resolve) => {
            this.server!.close(() => resolve())
            for (const socket of this.sockets) socket.destroy()
        })
    }
    publish(topic: string, payload: string | Buffer): Promise<void> {
        return new Promise((resolve, reject) =>
            this.broker.publish({ cmd: 'publish', topic, payload, qos: 2, retain: false, dup: false }, (fault) => (fault ? reject(fault) : resolve())))
    }
}
