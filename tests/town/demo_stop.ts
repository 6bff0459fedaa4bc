/// A demonstration town that is told to stop while it is being laid stops, and the next start lays the rest.
import { strict as assert } from 'node:assert'
import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { folder, program, remove, Report, start } from './town.ts'

const work = folder()
const report = new Report('town_demo_stop')
const data = join(work, 'town')

await report.test('SIGTERM while the town is laid ends it with success, and nothing is open yet', async () => {
    const child = spawn(program, ['demo', '--data', data, '--listen', '127.0.0.1:0'], { stdio: ['ignore', 'pipe', 'pipe'] })
    let printed = ''
    const ended = new Promise<number | null>((resolve) => child.once('exit', resolve))
    const begun = new Promise<void>((resolve) =>
        child.stdout.on('data', (text: Buffer) => {
            printed += text
            if (printed.includes('Laying the demonstration town')) resolve()
        }),
    )
    child.stderr.on('data', (text: Buffer) => (printed += text))
    await Promise.race([begun, ended])
    child.kill('SIGTERM')
    assert.equal(await ended, 0, printed)
    assert.doesNotMatch(printed, /is open at/)
})
await report.test('the next start lays the town, and its account is whole', async () => {
    const town = await start(['demo', '--data', data, '--listen', '127.0.0.1:0'])
    assert.equal((await fetch(`${town.url}/bading/blektjern`)).status, 200)
    assert.equal((await fetch(`${town.url}/readyz`)).status, 200)
    assert.equal(await town.stop(), 0)
})

remove(work)
report.end()
