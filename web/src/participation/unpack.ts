/// A chunk of its own: few files are packed by zstd. The page fetches it before files can be chosen, so that it needs no network then.
import type { Unpack } from './given.ts'
import UnpackWorker from './unpack.worker.ts?worker&inline'

type Answer = { unpacked: Uint8Array | undefined } | { broken: true }

export const unpack: Unpack = (packed, most, stop) =>
    new Promise((give, fail) => {
        const worker = new UnpackWorker()
        const end = (then: () => void) => {
            worker.terminate()
            then()
        }
        worker.onmessage = ({ data }: MessageEvent<Answer>) => end(() => ('broken' in data ? fail(new Error('broken')) : give(data.unpacked)))
        worker.onerror = ({ message }) => end(() => fail(new Error(message)))
        stop.addEventListener('abort', () => end(() => fail(new Error('stopped'))), { once: true })
        worker.postMessage({ packed, most })
    })
