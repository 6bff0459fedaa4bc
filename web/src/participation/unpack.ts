/// A chunk of its own: few files are packed by zstd. The page fetches it before files are chosen, so that it needs no network then.
import type { Unpack } from './given.ts'
import { Broken } from './unpacked.ts'
import UnpackWorker from './unpack.worker.ts?worker&inline'

export type Answer = { unpacked: Uint8Array<ArrayBuffer> | undefined } | { broken: true }

/// `packed` is given away, so that it is not held twice.
export const unpack: Unpack = (packed, most, stop) =>
    new Promise((give, fail) => {
        if (stop.aborted) return fail(new Error('stopped'))
        const worker = new UnpackWorker()
        const end = (then: () => void) => {
            worker.terminate()
            then()
        }
        worker.onmessage = ({ data }: MessageEvent<Answer>) => end(() => ('broken' in data ? fail(new Broken()) : give(data.unpacked)))
        worker.onerror = ({ message }) => end(() => fail(new Error(message)))
        stop.addEventListener('abort', () => end(() => fail(new Error('stopped'))), { once: true })
        worker.postMessage({ packed, most }, [packed.buffer])
    })
