/// The unit of systemd in deploy/: what it starts is a command line that the program has, and systemd understands the rest.
import { strict as assert } from 'node:assert'
import { spawnSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { folder, program, remove, Report } from './town.ts'

const report = new Report('town_unit')
const file = 'deploy/bypuls.service'
const unit = readFileSync(file, 'utf8')
const [installed = '', command = '', ...rest] = (unit.match(/^ExecStart=(.*)$/m)?.[1] ?? '').split(/\s+/)

await report.test('the unit starts a command with options that the program has', () => {
    const help = spawnSync(program, [command, '--help'], { encoding: 'utf8' })
    assert.equal(help.status, 0, help.stderr)
    const options = rest.filter((word) => word.startsWith('--'))
    assert.ok(options.length >= 2, unit)
    for (const option of options) assert.match(help.stdout, new RegExp(`\\s${option}\\b`), `${command} has no ${option}`)
})
await report.test('what the unit starts is what the guide lays in', () => {
    const guide = readFileSync('docs/operate/install.md', 'utf8')
    const config = rest[rest.indexOf('--config') + 1]!
    const data = rest[rest.indexOf('--data') + 1]!
    for (const path of [installed, config, data, file]) assert.ok(guide.includes(path), `docs/operate/install.md does not name ${path}`)
    // The only folder that can be written to.
    assert.ok(data.startsWith(`/var/lib/${unit.match(/^StateDirectory=(.*)$/m)?.[1]}/`), data)
})

const analyze = spawnSync('systemd-analyze', ['--version'])
if (analyze.error) {
    report.skip('systemd understands every line of the unit', 'systemd-analyze is not installed')
} else {
    await report.test('systemd understands every line of the unit', () => {
        const work = folder()
        // The program is not laid in where tests run.
        writeFileSync(join(work, 'bypuls.service'), unit.replace(installed, resolve(program)))
        const verified = spawnSync('systemd-analyze', ['verify', '--man=no', join(work, 'bypuls.service')], { encoding: 'utf8' })
        remove(work)
        assert.equal(verified.status, 0, verified.stderr)
        // Unknown lines are told and passed over.
        assert.doesNotMatch(verified.stderr, /bypuls\.service/)
    })
}
report.end()
