/// Every example of the page for developers, taken out of the page that a stranger reads and run as it stands there: with a shell,
/// Python, Node, R and mosquitto's clients.
import { strict as assert } from 'node:assert'
import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { folder, program, remove, Report, start, start_demonstration } from './town.ts'

const report = new Report('town_developers')
const data = folder()
const work = folder()
const town = await start_demonstration(data, '--mqtt-listen', '127.0.0.1:0')
const env: Record<string, string | undefined> = { ...process.env }

interface Example {
    language: string
    code: string
}
function plain(markup: string): string {
    const marks: Record<string, string> = { '&lt;': '<', '&gt;': '>', '&quot;': '"', '&#39;': "'", '&amp;': '&' }
    return markup.replace(/&(?:lt|gt|quot|#39|amp);/g, (mark) => marks[mark]!)
}
async function examples_of(language: string): Promise<{ page: string; examples: Map<string, Example> }> {
    const response = await fetch(`${town.url}/utviklere`, { headers: { 'Accept-Language': language } })
    assert.equal(response.status, 200)
    const page = await response.text()
    const found = page.matchAll(/data-example="([^"]+)" data-language="([^"]+)"><code>([^]*?)<\/code>/g)
    return { page, examples: new Map([...found].map(([, id, kind, code]) => [id!, { language: kind!, code: plain(code!) }])) }
}

const { page, examples } = await examples_of('nb')
const waiting = new Set(examples.keys())
function code(id: string, language: string): string {
    const example = examples.get(id)
    assert.ok(example, `the page has no example '${id}'`)
    assert.equal(example.language, language)
    waiting.delete(id)
    return example.code
}
/// As a person pastes it; a checkout's own program stands for the one that ./run builds.
function shell(id: string): string {
    return code(id, 'bash').replaceAll('build/release/bypuls', resolve(program))
}
function run(command: string, args: string[], input = ''): string {
    const ran = spawnSync(command, args, { cwd: work, env, input, encoding: 'utf8', timeout: 60_000 })
    assert.equal(ran.status, 0, `${command} ${args.join(' ').slice(0, 400)}: ${ran.status}\n${ran.stdout}\n${ran.stderr}`)
    return ran.stdout
}
function paste(id: string): string {
    return run('bash', ['-e', '-o', 'pipefail', '-c', shell(id)])
}
/// What a program that does not end has printed by the time that it satisfies.
function follow(command: string, args: string[], satisfies: (printed: string) => boolean, begun: (child: ChildProcess) => void = () => undefined): Promise<string> {
    const child = spawn(command, args, { cwd: work, env, detached: true })
    return new Promise((resolve, reject) => {
        let printed = ''
        const end = (what: () => void) => {
            clearTimeout(late)
            try {
                process.kill(-child.pid!, 'SIGKILL')
            } catch {
                // It has ended by itself.
            }
            what()
        }
        const late = setTimeout(() => end(() => reject(new Error(`nothing fitting within a minute:\n${printed}`))), 60_000)
        const read = (text: Buffer) => {
            printed += text
            if (satisfies(printed)) end(() => resolve(printed))
        }
        child.stdout!.on('data', read)
        child.stderr!.on('data', read)
        child.once('exit', (status) => status !== null && end(() => reject(new Error(`ended with ${status}:\n${printed}`))))
        begun(child)
    })
}

await report.test('curl reads the newest of each datastream', () => {
    const answer = JSON.parse(paste('latest'))
    assert.ok(answer.value.length > 5)
    assert.ok(answer.value.every((stream: any) => typeof stream.name === 'string' && stream.Observations.length <= 1))
    assert.ok(answer.value.some((stream: any) => typeof stream.Observations[0]?.result === 'number'))
})
await report.test('curl reads a place', () => {
    assert.ok(JSON.parse(paste('place')).conditions.length > 0)
})
await report.test('Python reads a day', () => {
    assert.match(run('python3', ['-'], code('python', 'python')), /^(\d{4}-\d\d-\d\dT[\d:.]+Z -?\d+(\.\d+)?\n)+$/)
})
await report.test('JavaScript reads a day', () => {
    assert.match(run(process.execPath, ['--input-type=module'], code('javascript', 'javascript')), /^(\d{4}-\d\d-\d\dT[\d:.]+Z -?\d+(\.\d+)?\n)+$/)
})
await report.test('R reads a series', () => {
    writeFileSync(join(work, 'example.R'), code('r', 'r'))
    assert.match(run('Rscript', ['example.R']), /Median/)
})
await report.test('what Excel and Power BI are told to read has the columns they are told of', async () => {
    const query = code('powerquery', 'powerquery')
    const response = await fetch(/Web\.Contents\("([^"]+)"\)/.exec(query)![1]!)
    assert.match(response.headers.get('Content-Type')!, /^text\/csv; charset=utf-8/)
    const [head, ...rows] = (await response.text()).trim().split(/\r?\n/)
    const typed = [...query.matchAll(/\{"(\w+)", type/g)].map(([, column]) => column)
    assert.deepEqual(head!.split(','), typed)
    assert.ok(rows.length > 100)
})
await report.test('curl fetches the whole history as a file', () => {
    const command = shell('history')
    run('bash', ['-e', '-c', command])
    const file = join(work, / -o (\S+)/.exec(command)![1]!)
    assert.ok(existsSync(file))
    assert.match(readFileSync(file, 'utf8'), /^time,value,unit,usable,flags\n\d{4}-/)
})
await report.test('curl follows live', async () => {
    await follow('bash', ['-c', shell('live')], (printed) => /event: observation\ndata: \{.*"result"/.test(printed))
})
await report.test('JavaScript follows live', async () => {
    const file = join(work, 'live.mjs')
    writeFileSync(file, code('live-javascript', 'javascript'))
    await follow(process.execPath, ['--experimental-eventsource', '--no-warnings', file], (printed) => /^\d{4}-\S+Z -?\d/m.test(printed))
})
await report.test('the reader makes a key', () => {
    env.BYPULS_KEY = run('bash', ['-e', '-c', `${shell('key-made')}; printf %s "$BYPULS_KEY"`])
    assert.match(env.BYPULS_KEY, /^byp_\S+$/)
})
await report.test('a datastream is made and found, and takes a reading', () => {
    assert.match(paste('make'), /^HTTP\/1\.1 201 /)
    const found = JSON.parse(paste('find')).value
    assert.equal(found.length, 1)
    env.DATASTREAM = String(found[0]['@iot.id'])
    assert.match(paste('send'), /^HTTP\/1\.1 201 /)
})
await report.test('lines make their own datastream', () => {
    assert.match(paste('send-lines'), /^HTTP\/1\.1 204 /)
})
await report.test('mosquitto_sub follows what is published', async () => {
    assert.match(page, /mosquitto_sub/)
    await follow('stdbuf', ['-oL', 'bash', '-c', `${shell('subscribe')} -d`], (printed) => /received SUBACK|v1\.1\/Datastreams\(\d+\)\/Observations \{/.test(printed))
})
await report.test('mosquitto_pub sends a reading, and mosquitto_sub has it', async () => {
    const publish = shell('publish')
    let sent = false
    // mosquitto_sub keeps what it prints to a pipe for itself until there is much; stdbuf has it told line by line.
    const printed = await follow('stdbuf', ['-oL', 'bash', '-c', `${shell('subscribe-own')} -d`], (text) => {
        if (!sent && /received SUBACK/.test(text)) {
            sent = true
            run('bash', ['-e', '-c', publish])
        }
        return /Observations \{.*"result":1\.31/.test(text)
    })
    assert.match(printed, /^v1\.1\/Datastreams\(\d+\)\/Observations \{/m)
})
await report.test('no example of the page was left out, and the other languages have the same', async () => {
    assert.deepEqual([...waiting], [])
    for (const language of ['nn', 'en']) assert.deepEqual((await examples_of(language)).examples, examples)
})
await report.test('the addresses of "see the answer" give one', async () => {
    const addresses = [...page.matchAll(/data-island="try-get"[^>]*><p><a class="ds-link" href="([^"]+)"/g)].map(([, href]) => plain(href!))
    assert.ok(addresses.length >= 4)
    for (const address of addresses) assert.equal((await fetch(town.url + address)).status, 200, address)
})
await town.stop()

await report.test('without MQTT and without a town of their own, readers are told neither of a port nor of a command', async () => {
    const own = folder()
    const served = await start(['serve', '--data', own, '--listen', '127.0.0.1:0'])
    try {
        const text = await (await fetch(`${served.url}/utviklere`)).text()
        assert.doesNotMatch(text, /mosquitto|token create/)
        assert.match(text, /BYPULS_KEY=byp_/)
    } finally {
        await served.stop()
        remove(own)
    }
})
remove(data)
remove(work)
report.end()
