/// `bypuls import observations`: into a data folder, into a running town, killed and begun again, and a real series.
import { strict as assert } from 'node:assert'
import { execFileSync, spawn, spawnSync } from 'node:child_process'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { folder, make_token, program, remove, Report, start, until } from './town.ts'

const work = folder()
const report = new Report('town_import')

interface Summary {
    rows: number
    rows_in_all: number
    rejects: number
    readings: number
    missing: number
    accepted: number
    stored: number | null
    duplicate: number | null
    quarantined: number | null
    resumed: boolean
    finished: boolean
}

function run(...args: string[]): { code: number | null; summary: Summary; errors: string } {
    const ran = spawnSync(program, ['import', 'observations', ...args, '--json'], { encoding: 'utf8' })
    return { code: ran.status, summary: ran.stdout ? JSON.parse(ran.stdout.trim().split('\n').at(-1)!) : {}, errors: ran.stderr }
}
function ask(data: string, sql: string): any[] {
    const printed = execFileSync(program, ['query', sql, '--format', 'json', '--data', data], { encoding: 'utf8' })
    return printed.trim().split('\n').filter(Boolean).map((line) => JSON.parse(line))
}
const number_of = (rows: any[]) => Number(Object.values(rows[0])[0])

const fixture = 'tests/data/import/bading.csv'
const map = 'tests/data/import/bading.toml'
const data = join(work, 'town')

await report.test('a folder that holds no town is not made one by a slip of the pen', () => {
    const { code, errors } = run(fixture, '--map', map, '--data', data, '--progress', join(work, 'a'))
    assert.equal(code, 1)
    assert.match(errors, /holds no town/)
    assert.ok(!existsSync(data))
})
await report.test('a preview tells how the file is understood', () => {
    const ran = spawnSync(program, ['import', 'observations', fixture, '--map', map, '--preview'], { encoding: 'utf8' })
    assert.equal(ran.status, 0, ran.stderr)
    assert.match(ran.stdout, /2025-06-01T10:00:00Z.*18\.4/)
    assert.match(ran.stdout, /row 6 is refused: tid: /)
})
await report.test('a file comes in: rows that cannot be read stand in a file with their reasons', () => {
    const rejects = join(work, 'rejects.csv')
    const { code, summary } = run(fixture, '--map', map, '--data', data, '--create', 'Blektjern', '--progress', join(work, 'a'), '--rejects', rejects)
    assert.equal(code, 1, 'some rows were refused')
    assert.deepEqual([summary.rows, summary.rejects, summary.readings, summary.missing], [9, 2, 16, 5])
    assert.deepEqual([summary.stored, summary.duplicate, summary.quarantined], [14, 2, 0])
    const told = readFileSync(rejects, 'utf8').trim().split('\n')
    assert.equal(told.length, 3)
    assert.match(told[1]!, /^6,"tid",".*",".*31\.06\.2025/)
    assert.match(told[2]!, /^9,"vann","'varmt' is not a number"/)
})
await report.test('a series that is not there is named, and nothing is stored', () => {
    const { code, errors } = run(fixture, '--map', 'time=tid,format=%d.%m.%Y %H:%M,nowhere/water_temperature=vann', '--data', data, '--progress', join(work, 'n'))
    assert.equal(code, 1)
    assert.match(errors, /nowhere\/water_temperature.*--create/)
})
await report.test('a unit that is not the datastream\'s own is refused with both, and what was made has its symbol', () => {
    const { code, errors } = run(fixture, '--map', 'time=tid,format=%d.%m.%Y %H:%M,blektjern/water_temperature=vann:number:[degF]', '--data', data, '--progress', join(work, 'f'))
    assert.equal(code, 2)
    assert.match(errors, /'vann' is said to be in '\[degF\]', but the datastream 'blektjern\/water_temperature' is in 'Cel'/)
    assert.deepEqual(ask(data, "select unit from datastreams where name = 'blektjern/water_temperature'"), [{ unit: '°C' }])
    assert.equal(number_of(ask(data, 'select count(*) from observations')), 14)
})
await report.test('what came in can be asked for, the impossible value is marked and the doubled hour is two', () => {
    assert.equal(number_of(ask(data, 'select count(*) from observations')), 14)
    const cold = ask(data, 'select quality, usable from observations where value = -50')
    assert.deepEqual(cold.map((row) => [Number(row.quality) & 1, row.usable]), [[1, false]])
    assert.equal(number_of(ask(data, "select count(*) from observations where time >= '2025-10-26T00:00:00Z' and value in (9.0, 9.1)")), 2)
    assert.equal(number_of(ask(data, 'select count(*) from observations where (quality & 16) <> 0')), 0, 'history is not late')
})
await report.test('the same command again has nothing to do, and from the start everything is there already', () => {
    const again = run(fixture, '--map', map, '--data', data, '--progress', join(work, 'a'))
    assert.deepEqual([again.summary.rows, again.summary.readings, again.summary.resumed], [0, 0, true])
    const anew = run(fixture, '--map', map, '--data', data, '--progress', join(work, 'a'), '--restart')
    assert.deepEqual([anew.summary.stored, anew.summary.duplicate], [0, 16])
})

const long = join(work, 'long.csv')
const rows = 60_000
writeFileSync(long, 'tid,n\n' + Array.from({ length: rows }, (_, i) => `${1_600_000_000 + i * 60},${i % 1000}`).join('\n') + '\n')
const long_map = 'time=tid,format=epoch_s,long/level=n:integer'
await report.test('killed on its way, it goes on where it was and stores everything once', async () => {
    const progress = join(work, 'long.progress')
    const args = [long, '--map', long_map, '--data', data, '--create', 'Long', '--progress', progress]
    const child = spawn(program, ['import', 'observations', ...args], { stdio: 'ignore' })
    const ended = new Promise((resolve) => child.once('exit', resolve))
    await until(async () => existsSync(progress) || child.exitCode !== null, Boolean, 120)
    child.kill('SIGKILL')
    await ended
    const { summary, errors } = run(...args)
    assert.equal(summary.rows_in_all, rows, errors)
    assert.equal(summary.quarantined, 0)
    const kept = ask(data, "select count(*) as n, sum(value) as s from observations where time >= '2020-09-13' and time < '2020-11-01'")
    assert.equal(Number(kept[0].n), rows)
    assert.equal(Number(kept[0].s), (rows / 1000) * 499_500)
})
await report.test('while a town runs, its folder is taken, and --to leads in', async () => {
    const town = await start(['serve', '--data', data, '--listen', '127.0.0.1:0'])
    const taken = run(fixture, '--map', map, '--data', data, '--progress', join(work, 'b'))
    assert.equal(taken.code, 1)
    assert.match(taken.errors, /another|runs|process/)
    const key = make_token(data, 'ingest')
    const sent = run(fixture, '--map', map, '--to', town.url, '--key', key, '--progress', join(work, 'c'))
    assert.deepEqual([sent.code, sent.summary.accepted, sent.summary.rejects], [1, 16, 2], sent.errors)
    const metrics = await until(
        async () => (await fetch(`${town.url}/metrics`, { headers: { Authorization: `Bearer ${make_token(data, 'admin')}` } })).text(),
        (text) => /in_flight\{source="observations"\} 0/.test(text),
        60,
    )
    assert.match(metrics, /bypuls_ingest_duplicate_total\{source="observations"\} (\d+)/)
    assert.match(sent.errors, /may not read/)
    const other_unit = 'time=tid,format=%d.%m.%Y %H:%M,blektjern/water_temperature=vann:number:[degF]'
    const refused = run(fixture, '--map', other_unit, '--to', town.url, '--key', make_token(data, 'read'), '--progress', join(work, 'g'))
    assert.equal(refused.code, 2)
    assert.match(refused.errors, /'vann' is said to be in '\[degF\]', but the datastream 'blektjern\/water_temperature' is in 'Cel'/)
    const wrong = run(fixture, '--map', map, '--to', town.url, '--key', 'bypuls_wrong', '--progress', join(work, 'd'))
    assert.equal(wrong.code, 1)
    assert.match(wrong.errors, /401/)
    await town.stop()
})

const nordnes = '../shared/data/sensors/bathing/nordnes_sjobad_bergen_2024-2025.csv'
if (existsSync(nordnes)) {
    await report.test('the bathing series of Nordnes, every reading accounted for', () => {
        const bergen = join(work, 'bergen')
        const { code, summary } = run(
            nordnes, '--data', bergen, '--create', 'Nordnes sjøbad', '--progress', join(work, 'e'),
            '--map', 'time=tid,doubled=in_order,nordnes/water_temperature=temperatur:number:Cel,nordnes/air_temperature=lufttemperatur:number:Cel',
        )
        const lines = readFileSync(nordnes, 'utf8').trim().split('\n').slice(1).map((line) => line.split(','))
        const has = (cell: string) => cell !== '-' && cell !== 'NaN' && cell !== ''
        // The hour that the clocks show twice is two instants; otherwise one time is one instant.
        const instants = (column: number) => new Set(lines.filter((cells) => has(cells[column]!)).map(([time], i) => (/-10-2[67] 02/.test(time!) ? `${time} ${i}` : time))).size
        const readings = lines.flatMap((cells) => cells.slice(1)).filter(has).length
        assert.equal(code, 0)
        assert.deepEqual([summary.rows, summary.rejects, summary.readings], [13_789, 0, readings])
        assert.equal(summary.missing, 2 * 13_789 - readings)
        assert.equal(summary.stored! + summary.duplicate!, readings)
        assert.equal(summary.quarantined, 0)
        assert.equal(number_of(ask(bergen, 'select count(*) from observations')), instants(1) + instants(2))
        const cold = ask(bergen, 'select usable from observations where value = -50')
        assert.equal(cold.length, 4)
        assert.ok(cold.every((row) => row.usable === false))
        const hottest = ask(bergen, 'select max(value) as m from observations o join datastreams d on o.datastream = d.id where d.name like \'%water%\' and usable')
        assert.equal(Number(hottest[0].m), 24.2)
    })
} else {
    report.skip('the bathing series of Nordnes', 'needs ../shared/data/sensors')
}
remove(work)
report.end()
