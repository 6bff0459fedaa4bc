/// Packs what the server sends often, once and tightly: `x.gz` and `x.zst` beside every text in web/dist. Without them the server
/// packs at every start.
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { constants, gzipSync, zstdCompressSync } from 'node:zlib'

const folder = new URL('dist', import.meta.url).pathname
const texts = /\.(?:js|mjs|css|html|svg|json|webmanifest|txt|xml)$/
const worth_it = 1024 // bytes; the same as the server's

for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile() || !texts.test(entry.name)) continue
    const path = join(entry.parentPath, entry.name)
    const plain = readFileSync(path)
    if (plain.length < worth_it) continue
    writeFileSync(`${path}.gz`, gzipSync(plain, { level: 9 }))
    // Browsers refuse windows above 8 MiB (RFC 9659).
    const params = { [constants.ZSTD_c_compressionLevel]: 19, [constants.ZSTD_c_windowLog]: 21 }
    writeFileSync(`${path}.zst`, zstdCompressSync(plain, { params, pledgedSrcSize: plain.length }))
}
