/// Every example of the page for developers, taken out of the page that a stranger reads and run as it stands there: with a shell,
/// Python, Node, R and mosquitto's clients.
import { strict as assert } from 'node:assert'
import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { createHmac } from 'node:crypto'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { join, resolve } from 'node:path'
import { folder, program, remove, Report, start, start_demonstration, until } from './town.ts'

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
function free_port(): Promise<number> {
    return new Promise((found) => {
        const server = createServer().listen(0, '127.0.0.1', () => {
            const { port } = server.address() as { port: number }
            server.close(() => found(port))
        })
    })
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
function follow(command: string, args: string[], satisfies: (printed: string) => boolean, begun: (child: ChildProcess) => unknown = () => undefined): Promise<string> {
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
        Promise.resolve(begun(child)).catch((fault: unknown) => end(() => reject(fault)))
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
    assert.match(readFileSync(file, 'utf8'), /^time,value,unit,usable,flags,simulated,source,licence\n\d{4}-.*,true,/)
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
await report.test('a webhook is made, and the receiver tells what is from here from what is not', async () => {
    const printed = paste('webhook-make')
    assert.match(printed, /^HTTP\/1\.1 201 /)
    const secret = /"secret":"(whsec_[^"]+)"/.exec(printed)![1]!
    env.WEBHOOK_SECRET = secret
    env.PORT = String(await free_port())
    const file = join(work, 'receiver.py')
    writeFileSync(file, code('webhook-check', 'python'))
    const body = '{"specversion":"1.0","subject":"Datastreams(1)"}'
    const send = (key: string, seconds = Math.floor(Date.now() / 1000)) => {
        const signature = createHmac('sha256', Buffer.from(key.slice(6), 'base64')).update(`m1.${seconds}.${body}`).digest('base64')
        const headers = { 'webhook-id': 'm1', 'webhook-timestamp': String(seconds), 'webhook-signature': `v1,old v1,${signature}` }
        return fetch(`http://127.0.0.1:${env.PORT}/hook`, { method: 'POST', headers, body })
    }
    await follow('python3', [file], (text) => text.includes(body), async () => {
        const another = `whsec_${Buffer.alloc(24, 7).toString('base64')}`
        const refused = await until(() => send(another).catch(() => undefined), (answer) => answer !== undefined, 30)
        assert.equal(refused!.status, 403, 'another secret')
        assert.equal((await send(secret, 1_700_000_000)).status, 403, 'an old message sent again')
        assert.equal((await send(secret)).status, 204)
    })
})
await report.test('mosquitto_sub receives what is published', async () => {
    assert.match(page, /mosquitto_sub/)
    const command = shell('subscribe')
    const address = /Datastreams\(\d+\)\/Observations/.exec(command)![0]
    let sent = false
    const printed = await follow('stdbuf', ['-oL', 'bash', '-c', `${command} -d`], (text) => {
        if (!sent && /received SUBACK/.test(text)) {
            sent = true
            const headers = { Authorization: `Bearer ${env.BYPULS_KEY}`, 'Content-Type': 'application/json' }
            void fetch(`${town.url}/sta/v1.1/${address}`, { method: 'POST', headers, body: '{"result":12.125}' })
        }
        return /^v1\.1\/Datastreams\(\d+\)\/Observations \{.*"result":12\.125/m.test(text)
    })
    assert.match(printed, /"phenomenonTime":"\d{4}-/)
})
await report.test('a topic that is refused is told so', async () => {
    const refused = shell('subscribe').replace(/Datastreams\(\d+\)\/Observations/, 'Nothing')
    await follow('stdbuf', ['-oL', 'bash', '-c', `${refused} -d; echo ended`], (text) => /ended/.test(text) && /All subscription requests were denied/.test(text))
})
await report.test('the limits that the page tells are those of the routes', async () => {
    const english = (await examples_of('en')).page
    const bytes = (what: string) => Number(new RegExp(`${what}</th>[^]*?>(\\d+).MiB`).exec(english)![1]) * 2 ** 20
    const sent = async (path: string, size: number) => {
        const headers = { Authorization: `Bearer ${env.BYPULS_KEY}`, 'Content-Type': 'application/json' }
        const response = await fetch(town.url + path, { method: 'POST', headers, body: Buffer.alloc(size, ' ') }).catch((fault) => fault)
        return response instanceof Response ? response.status : 413  // refused before all of it was read
    }
    for (const [path, what] of [['/sta/v1.1/Things', 'sends to SensorThings'], ['/ingest/lines', 'sends to /ingest'], ['/ingest/observations', 'sends to /ingest']]) {
        const most = bytes(what!)
        assert.ok(most > 9e6)
        assert.notEqual(await sent(path!, most), 413, path)
        assert.equal(await sent(path!, most + 1), 413, path)
    }
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
