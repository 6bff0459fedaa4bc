/// Unpacks beside the page, since a hostile file may take as long as it likes: whoever waits can end it.
import { unpack_zstd } from './unpacking.ts'

self.onmessage = ({ data }: MessageEvent<{ packed: Uint8Array; most: number }>) => {
    try {
        self.postMessage({ unpacked: unpack_zstd(data.packed, data.most) })
    } catch {
        self.postMessage({ broken: true })
    }
}
