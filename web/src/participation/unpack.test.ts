import { beforeEach, expect, it, vi } from 'vitest'
import { unpack } from './unpack.ts'
import { Broken } from './unpacked.ts'

const { made } = vi.hoisted(() => ({ made: [] as FakeWorker[] }))

/// Does nothing by itself.
class FakeWorker {
    onmessage?: (event: { data: unknown }) => void
    onerror?: (event: { message: string }) => void
    sent: unknown[] = []
    ended = false
    constructor() {
        made.push(this)
    }
    postMessage(...sent: unknown[]): void {
        this.sent = sent
    }
    terminate(): void {
        this.ended = true
    }
}

vi.mock('./unpack.worker.ts?worker&inline', () => ({ default: function () { return new FakeWorker() } }))
beforeEach(() => void (made.length = 0))

const packed = () => Uint8Array.from([1, 2, 3])

it('gives what the worker unpacked, and gives it the bytes themselves', async () => {
    const bytes = packed()
    const answer = unpack(bytes, 10, new AbortController().signal)
    expect(made[0]!.sent).toEqual([{ packed: bytes, most: 10 }, [bytes.buffer]])
    made[0]!.onmessage!({ data: { unpacked: packed() } })
    expect(await answer).toEqual(packed())
    expect(made[0]!.ended).toBe(true)
})
it('tells a broken file from a worker that failed', async () => {
    const [broken, failed] = [unpack(packed(), 10, new AbortController().signal), unpack(packed(), 10, new AbortController().signal)]
    made[0]!.onmessage!({ data: { broken: true } })
    made[1]!.onerror!({ message: 'out of memory' })
    await expect(broken).rejects.toBeInstanceOf(Broken)
    await expect(failed).rejects.not.toBeInstanceOf(Broken)
    expect(made.every(({ ended }) => ended)).toBe(true)
})
it('ends the worker when it is given up, and makes none when it was so before', async () => {
    const control = new AbortController()
    const answer = unpack(packed(), 10, control.signal)
    control.abort()
    await expect(answer).rejects.toThrow('stopped')
    expect(made[0]!.ended).toBe(true)
    await expect(unpack(packed(), 10, control.signal)).rejects.toThrow('stopped')
    expect(made).toHaveLength(1)
})
