/// Unpacks beside the page, since a hostile file may take as long as it likes: whoever waits can end it.
import type { Answer } from './unpack.ts'
import { Broken } from './unpacked.ts'
import { unpack_zstd } from './unpacking.ts'

const answer = (packed: Uint8Array, most: number): Answer => {
    try {
        return { unpacked: unpack_zstd(packed, most) }
    } catch (problem) {
        if (problem instanceof Broken) return { broken: true }
        throw problem // the page's to hear of: nothing is wrong with the file
    }
}

self.onmessage = ({ data }: MessageEvent<{ packed: Uint8Array; most: number }>) => {
    const answered = answer(data.packed, data.most)
    self.postMessage(answered, { transfer: 'unpacked' in answered && answered.unpacked ? [answered.unpacked.buffer] : [] })
}
