/// vitest, with its counts for the test summary in BYPULS_RESULTS.
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { startVitest } from 'vitest/node'

const total = { passed: 0, failed: 0, skipped: 0 }
const vitest = await startVitest('test', [], { root: import.meta.dirname, watch: false })
for (const module of vitest.state.getTestModules()) {
    // A file that cannot be loaded has no tests that could fail.
    if (module.state() === 'failed' && module.children.size === 0) total.failed += 1
    for (const test of module.children.allTests()) {
        const { state } = test.result()
        if (state !== 'pending') total[state] += 1
    }
}
await vitest.close()
const results = process.env.BYPULS_RESULTS
if (results) {
    mkdirSync(results, { recursive: true })
    writeFileSync(join(results, 'web_unit.json'), JSON.stringify(total))
}
console.log(`${total.passed} passed, ${total.failed} failed, ${total.skipped} skipped`)
process.exit(total.failed === 0 && total.passed > 0 ? 0 : 1)
