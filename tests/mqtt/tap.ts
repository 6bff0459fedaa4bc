/// Listens in on one client's way to a broker: what the broker sent, under which numbers, and what the client acknowledged.
import { connect, createServer, type Server, type Socket } from 'node:net'
import { parser, type Packet } from 'mqtt-packet'
import { free_port } from './towns.ts'

export interface Delivery {
    payload: string
    qos: number
    /// Sent again under the same packet identifier, as DUP says.
    again: boolean
    acknowledged: boolean
}

export class Tap {
    readonly port: number
    readonly deliveries: Delivery[] = []
    private readonly server: Server

    private constructor(port: number, to: number) {
        this.port = port
        this.server = createServer((client) => this.join(client, connect(to, '127.0.0.1')))
    }
    static async before(broker: number): Promise<Tap> {
        const tap = new Tap(await free_port(), broker)
        await new Promise<void>((resolve) => tap.server.listen(tap.port, '127.0.0.1', resolve))
        return tap
    }
    end(): void {
        this.server.close()
    }

    private join(client: Socket, broker: Socket): void {
        // Unacknowledged, by packet identifier; those of one connection, since each acknowledgement is for what came on it.
        const open = new Map<number, Delivery>()
        this.listen(client, broker, (packet) => {
            if (packet.cmd !== 'puback' && packet.cmd !== 'pubrec') return
            const delivery = open.get(packet.messageId!)
            if (delivery) delivery.acknowledged = true
            open.delete(packet.messageId!)
        })
        this.listen(broker, client, (packet) => {
            if (packet.cmd !== 'publish') return
            const delivery = { payload: packet.payload.toString(), qos: packet.qos, again: packet.dup, acknowledged: false }
            this.deliveries.push(delivery)
            if (packet.qos > 0) open.set(packet.messageId!, delivery)
        })
    }
    private listen(from: Socket, to: Socket, hear: (packet: Packet) => void): void {
        const reader = parser({ protocolVersion: 5 })
        reader.on('packet', hear)
        // Heard before it is passed on: what has been acknowledged is known to be, whoever is killed then.
        from.on('data', (bytes) => {
            reader.parse(bytes as Buffer)
            to.write(bytes)
        })
        from.on('error', () => undefined)
        from.once('close', () => to.destroy())
    }
}
