/// mosquitto_pub and mosquitto_sub, npm mqtt in both versions, and a mosquitto that the town fetches from: all of them work
/// unmodified, and what they send is in the store.
import { strict as assert } from 'node:assert'
import { execFileSync, spawn, spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import mqtt from 'mqtt'
import { folder, make_token, remove, Report, until } from '../town/town.ts'
import { free_port, metric, Mosquitto, mosquitto_program, query, serve, until_open } from './towns.ts'

const report = new Report('mqtt_interop')
const where = folder()
const port = await free_port()
const far_port = await free_port()
const tls_port = await free_port()
const certificate = join(where, 'certificate.pem')
execFileSync('openssl', ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '2', '-subj', '/CN=localhost',
    '-addext', 'subjectAltName=DNS:localhost', '-keyout', join(where, 'key.pem'), '-out', certificate], { stdio: 'pipe' })
const token = make_token(join(where, 'data'), 'ingest,read,admin')
const sender = make_token(join(where, 'data'), 'ingest')
assert(mosquitto_program, 'mosquitto is installed (packages.txt, [test])')
const mosquitto = new Mosquitto(where, far_port)
await mosquitto.start()
const town = await serve(where, `
[mqtt]
listen = "127.0.0.1:${port}"
tls_listen = "127.0.0.1:${tls_port}"
tls_certificate = "${certificate}"
tls_key = "${join(where, 'key.pem')}"
[[mqtt.bridge]]
name = "far"
host = "127.0.0.1"
port = ${far_port}
kind = "lines"
topics = ["far/#"]
qos = 2
[[mqtt.bridge]]
name = "lora"
host = "127.0.0.1"
port = ${far_port}
kind = "chirpstack"
[[mqtt.bridge]]
name = "things"
host = "127.0.0.1"
port = ${far_port}
kind = "tts"
version = "3.1.1"
`)
await until_open(port)

const stored = () => metric(town, token, 'bypuls_ingest_stored_total{source="lines"}')
const pub = (args: string[]) => execFileSync('mosquitto_pub', ['-p', String(port), '-u', 'x', ...args], { encoding: 'utf8', stdio: 'pipe' })

for (const version of ['mqttv311', 'mqttv5']) {
    for (const qos of ['0', '1', '2']) {
        await report.test(`mosquitto_pub ${version} QoS ${qos}`, async () => {
            const before = Math.max(await stored(), 0)
            pub(['-V', version, '-q', qos, '-P', sender, '-t', 'ingest/lines/s', '-m', `pub,v=${version},q=${qos} n=1 1783245600`])
            await until(stored, (now) => now === before + 1, 20)
        })
    }
    await report.test(`mosquitto_sub ${version} gets what npm mqtt retained`, async () => {
        const client = await mqtt.connectAsync(`mqtt://127.0.0.1:${port}`, { username: 'x', password: token, protocolVersion: version === 'mqttv5' ? 5 : 4 })
        await client.publishAsync(`state/${version}`, 'åpen', { qos: 2, retain: true })
        await client.endAsync()
        const got = execFileSync('mosquitto_sub', ['-p', String(port), '-V', version, '-u', 'x', '-P', token, '-q', '2', '-t', 'state/+', '-t', `state/${version}`, '-C', '1', '-W', '20'], { encoding: 'utf8' })
        assert.equal(got.trim(), 'åpen')
    })
}

await report.test('over TLS: mosquitto_pub, mosquitto_sub and npm mqtt, which know the town by its certificate', async () => {
    await until_open(tls_port)
    const secure = ['-h', 'localhost', '-p', String(tls_port), '--cafile', certificate, '-u', 'x']
    const before = Math.max(await stored(), 0)
    for (const version of ['mqttv311', 'mqttv5']) {
        execFileSync('mosquitto_pub', [...secure, '-V', version, '-q', '1', '-P', sender, '-t', 'ingest/lines/s', '-m', `tls,v=${version} n=1 1783245600`], { stdio: 'pipe' })
    }
    await until(stored, (now) => now === before + 2, 20)
    const client = await mqtt.connectAsync(`mqtts://localhost:${tls_port}`, { ca: readFileSync(certificate), username: 'x', password: token, protocolVersion: 5 })
    await client.subscribeAsync('tls/echo', { qos: 1 })
    const heard = new Promise<string>((resolve) => client.once('message', (_topic, payload) => resolve(payload.toString())))
    execFileSync('mosquitto_pub', [...secure, '-q', '1', '-P', token, '-t', 'tls/echo', '-m', 'hørt'], { stdio: 'pipe' })
    assert.equal(await heard, 'hørt')
    await client.publishAsync('tls/kept', 'kept', { qos: 1, retain: true })
    await client.endAsync()
    assert.equal(execFileSync('mosquitto_sub', [...secure, '-P', token, '-t', 'tls/kept', '-C', '1', '-W', '20'], { encoding: 'utf8' }).trim(), 'kept')
    const stranger = spawnSync('mosquitto_pub', ['-h', 'localhost', '-p', String(tls_port), '--capath', '/etc/ssl/certs', '-u', 'x', '-P', token, '-t', 'tls/echo', '-m', 'x'], { encoding: 'utf8', timeout: 20_000 })
    assert.notEqual(stranger.status, 0, 'a certificate that nobody vouches for')
    assert.throws(() => pub(['-V', 'mqttv5', '-q', '1', '-P', 'byp_no_key', '-h', 'localhost', '-p', String(tls_port), '--cafile', certificate, '-t', 'ingest/lines', '-m', 'a b=1']))
})

await report.test('a key without the right, and a wrong key, are refused', () => {
    assert.throws(() => pub(['-V', 'mqttv5', '-q', '1', '-P', 'byp_no_key', '-t', 'ingest/lines', '-m', 'a b=1']))
    assert.throws(() => pub(['-V', 'mqttv311', '-q', '1', '-P', 'byp_no_key', '-t', 'ingest/lines', '-m', 'a b=1']))
    const said = execFileSync('sh', ['-c', `mosquitto_pub -p ${port} -V mqttv5 -u x -P ${sender} -q 1 -t elsewhere -m x -d 2>&1 || true`], { encoding: 'utf8' })
    assert.match(said, /PUBACK.*RC:135|not authori[sz]ed/i)
})

await report.test('what cannot be read is acknowledged with a reason, and a dead letter tells why', async () => {
    const client = await mqtt.connectAsync(`mqtt://127.0.0.1:${port}`, { username: 'x', password: sender, protocolVersion: 5 })
    const code = await new Promise<number>((resolve) =>
        client.publish('ingest/observations', 'not JSON', { qos: 1 }, (fault) => resolve((fault as { code?: number } | undefined)?.code ?? 0)))
    assert.equal(code, 0x99)
    await client.endAsync()
    await until(() => metric(town, token, 'bypuls_ingest_rejected_total{source="observations"}'), (count) => count === 1, 60)
})

await report.test('npm mqtt: topic alias, properties, shared subscription, will', async () => {
    const options = { username: 'x', password: token, protocolVersion: 5 as const, properties: { topicAliasMaximum: 10 } }
    const reader = await mqtt.connectAsync(`mqtt://127.0.0.1:${port}`, options)
    const heard: [string, string, string | undefined][] = []
    reader.on('message', (topic, payload, packet) => heard.push([topic, payload.toString(), packet.properties?.responseTopic]))
    await reader.subscribeAsync(['$share/g/a/long/topic', 'gone'], { qos: 1 })
    const writer = await mqtt.connectAsync(`mqtt://127.0.0.1:${port}`, { ...options, will: { topic: 'gone', payload: Buffer.from('w'), qos: 1, retain: false } })
    for (const text of ['1', '2']) {
        await writer.publishAsync('a/long/topic', text, { qos: 1, properties: { responseTopic: 'answer', topicAlias: 1 } })
    }
    writer.stream.destroy()
    writer.end(true)
    await until(async () => heard.length, (count) => count === 3, 20)
    assert.deepEqual(heard, [['a/long/topic', '1', 'answer'], ['a/long/topic', '2', 'answer'], ['gone', 'w', undefined]])
    await reader.endAsync()
})

await report.test('a session waits for its client', async () => {
    const options = { clientId: 'waiting', clean: false, username: 'x', password: token, protocolVersion: 4 as const }
    const first = await mqtt.connectAsync(`mqtt://127.0.0.1:${port}`, options)
    await first.subscribeAsync('later/#', { qos: 2 })
    await first.endAsync()
    pub(['-q', '2', '-P', token, '-t', 'later/1', '-m', 'kept'])
    const second = mqtt.connect(`mqtt://127.0.0.1:${port}`, options)
    const heard = await new Promise<string>((resolve) => second.once('message', (_topic, payload) => resolve(payload.toString())))
    assert.equal(heard, 'kept')
    await second.endAsync()
})

await report.test('the town fetches from mosquitto', async () => {
    await until(() => metric(town, token, 'bypuls_mqtt_bridge_up{bridge="far"}'), (up) => up === 1, 30)
    const before = await stored()
    for (const qos of ['1', '2']) {
        execFileSync('mosquitto_pub', ['-p', String(far_port), '-q', qos, '-t', 'far/a', '-m', `far,q=${qos} n=1 1783245600000000000`])
    }
    await until(stored, (now) => now === before + 2, 20)
    assert.equal(await metric(town, token, 'bypuls_mqtt_bridge_taken_total{bridge="far"}'), 2)
})

await report.test('the town fetches what ChirpStack 4 and The Things Stack 3 publish, in JSON and protobuf', async () => {
    const lora = await mqtt.connectAsync(`mqtt://127.0.0.1:${far_port}`)
    const settled = (source: string) => metric(town, token, `bypuls_ingest_quarantined_total{source="${source}"}`)
    await until(() => metric(town, token, 'bypuls_mqtt_bridge_up{bridge="lora"}'), (up) => up === 1, 30)
    await until(() => metric(town, token, 'bypuls_mqtt_bridge_up{bridge="things"}'), (up) => up === 1, 30)
    // The first byte of these samples says which event they are. Nobody has adopted the devices, so they wait in the inbox.
    for (const form of ['chirpstack_json', 'chirpstack_protobuf']) {
        await lora.publishAsync('application/a1/device/24e124713d392240/event/up', readFileSync(`fuzz/corpus/${form}/up`).subarray(1), { qos: 1 })
    }
    await lora.publishAsync('v3/town@tenant/devices/d1/up', readFileSync('fuzz/corpus/tts_json/up'), { qos: 1 })
    await until(() => settled('chirpstack'), (count) => count === 2, 20)
    await until(() => settled('tts'), (count) => count === 1, 20)
    assert.equal(await metric(town, token, 'bypuls_mqtt_bridge_taken_total{bridge="lora"}'), 2)
    assert.equal(await metric(town, token, 'bypuls_mqtt_bridge_refused_total{bridge="lora"}'), 0)
    await lora.endAsync()
})

await report.test('a subscriber that does not read is let go of, and nobody else notices', async () => {
    const subscribed = await metric(town, token, 'bypuls_mqtt_subscriptions')
    const slow = spawn('mosquitto_sub', ['-p', String(port), '-u', 'x', '-P', token, '-t', 'flood'], { stdio: ['ignore', 'pipe', 'ignore'] })
    await until(() => metric(town, token, 'bypuls_mqtt_subscriptions'), (count) => count > subscribed, 20)
    slow.kill('SIGSTOP')
    const client = await mqtt.connectAsync(`mqtt://127.0.0.1:${port}`, { username: 'x', password: token })
    const payload = 'x'.repeat(100_000)
    for (let i = 0; i < 200; i += 1) await client.publishAsync('flood', payload, { qos: 1 })
    await client.endAsync()
    await until(() => metric(town, token, 'bypuls_mqtt_messages_dropped_total{reason="slow_reader"}'), (count) => count > 0, 20)
    slow.kill('SIGKILL')
})

await report.test('it stops in order, and what was sent is in the store', async () => {
    assert.equal(await town.stop(), 0)
    const rows = query(where, 'select count(*) as n from observations')
    assert.equal(Number(rows[0]!.n), 10)
})

await mosquitto.end('SIGTERM')
remove(where)
report.end()
