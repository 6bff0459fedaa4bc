/// A client that publishes numbered messages one after another and remembers which were acknowledged.
import mqtt, { type MqttClient } from 'mqtt'
import { until } from '../town/town.ts'
import { pause } from './towns.ts'

/// mulberry32: enough for choosing moments.
export function random_from(seed: number): () => number {
    return () => {
        seed = (seed + 0x6d2b79f5) | 0
        let t = Math.imul(seed ^ (seed >>> 15), 1 | seed)
        t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
        return ((t ^ (t >>> 14)) >>> 0) / 4294967296
    }
}

/// One reading in line protocol, without a time of its own: only MQTT's promises keep two of them apart.
export const line = (name: string, number: number): string => `${name} n=${number}i`

export class Publisher {
    readonly name: string
    readonly topic: string
    readonly qos: 1 | 2
    readonly body: (name: string, number: number) => string | Buffer
    readonly acknowledged = new Set<number>()
    sent = 0
    private waiting = 0
    private stopped = false
    private readonly client: MqttClient

    constructor(name: string, to: number, topic: string, qos: 1 | 2, version: 4 | 5, password = '', body: Publisher['body'] = line) {
        this.name = name
        this.body = body
        this.topic = topic
        this.qos = qos
        this.client = mqtt.connect(`mqtt://127.0.0.1:${to}`, {
            clientId: name, clean: false, username: 'x', password, protocolVersion: version, reconnectPeriod: 50,
            connectTimeout: 5000, ...(version === 5 ? { properties: { sessionExpiryInterval: 3600 } } : {}),
        })
        this.client.on('error', () => undefined)
        void this.run()
    }
    private async run(): Promise<void> {
        while (!this.stopped) {
            if (this.waiting < 8 && this.client.connected) {
                const number = ++this.sent
                this.waiting += 1
                this.client.publish(this.topic, this.body(this.name, number), { qos: this.qos }, (fault) => {
                    this.waiting -= 1
                    if (!fault) this.acknowledged.add(number)
                })
            }
            await pause(3)
        }
    }
    async finish(): Promise<void> {
        this.stopped = true
        await until(async () => this.waiting, (left) => left === 0, 60)
        await this.client.endAsync()
    }
}
