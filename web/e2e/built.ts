/// The program serves what was built last, not what stands in the sources: errands on another build would fail, or pass, for nothing.
import { readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'

const root = join(import.meta.dirname, '../..')
const sources = ['web/src', 'web/public', 'web/staff.html', 'web/vite.config.ts', 'messages', 'api/openapi.yaml', 'package-lock.json']

function files_of(path: string): string[] {
    if (!statSync(path).isDirectory()) return [path]
    return readdirSync(path, { recursive: true, withFileTypes: true })
        .filter((entry) => entry.isFile())
        .map(({ parentPath, name }) => join(parentPath, name))
}

/// What the build reads; tests change nothing of it, and what is generated of the API is made anew by every test run.
const is_built = (path: string): boolean => !/\.test\.tsx?$|\/stage\.tsx$|\/api\/(schema\.ts|openapi\.json)$/.test(path)

/// A sentence when web/dist is not of these sources.
export function stale_build(): string | undefined {
    const built = statSync(join(root, 'web/dist/.vite/manifest.json'), { throwIfNoEntry: false })
    const newer = built && sources.flatMap((path) => files_of(join(root, path))).find((path) => is_built(path) && statSync(path).mtimeMs > built.mtimeMs)
    if (built && !newer) return undefined
    return `${newer ? `${newer} is newer than web/dist.` : 'web/dist is not there.'} Run tools/web_build.sh.`
}
