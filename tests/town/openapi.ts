/// A description in OpenAPI as a judge of answers: status, media type, and the schema of the body. That of our own API is
/// api/openapi.yaml; others are given.
import { strict as assert } from 'node:assert'
import { readFileSync } from 'node:fs'
import { request } from 'node:http'
import Ajv2020 from 'ajv/dist/2020.js'
import add_formats from 'ajv-formats'
import { parse } from 'yaml'

export const contract = parse(readFileSync('api/openapi.yaml', 'utf8'))

export function resolve(node: { $ref?: string }, document = contract): any {
    if (!node?.$ref) return node
    return node.$ref.slice(2).split('/').reduce((at: any, key) => at[key.replaceAll('~1', '/').replaceAll('~0', '~')], document)
}

/// Pointers inside a schema of the contract lead back into it.
function rebase(schema: any): any {
    if (Array.isArray(schema)) return schema.map(rebase)
    if (schema === null || typeof schema !== 'object') return schema
    return Object.fromEntries(
        Object.entries(schema).map(([key, value]) => [key, key === '$ref' ? `contract${value}` : rebase(value)]),
    )
}

/// Throws with all faults when a value is not what a schema of the document says.
export function judge_by(document: any): (schema: object, value: unknown, where: string) => void {
    const ajv = new Ajv2020.default({ strict: false, allErrors: true })
    add_formats.default(ajv)
    ajv.addFormat('int64', true)
    ajv.addSchema({ $id: 'contract', ...document })
    return (schema, value, where) => {
        const validate = ajv.compile(rebase(schema))
        assert.ok(validate(value), `${where}: ${ajv.errorsText(validate.errors, { separator: '\n' })}`)
    }
}
export const follows = judge_by(contract)

export interface Call {
    /// As the contract writes it: "/api/v1/places/{slug}".
    path: string
    url: string
    method?: string
    status: number
    headers?: Record<string, string>
    body?: string | Uint8Array<ArrayBuffer>
    /// Says that so many bytes will come and waits for the answer, instead of sending `body`.
    announces?: number
    /// It is answered with the status alone, though it might be with more.
    bare?: boolean
}

interface Answer {
    status: number
    type: string
    text: string
}

async function exchange(origin: string, { url, method = 'get', headers = {}, body }: Call): Promise<Answer> {
    const response = await fetch(origin + url, { method: method.toUpperCase(), headers, body })
    return { status: response.status, type: response.headers.get('content-type') ?? '', text: await response.text() }
}

function announce(origin: string, { url, method, headers, announces }: Call): Promise<Answer> {
    return new Promise((resolve, reject) => {
        const call = request(origin + url, { method: method!.toUpperCase(), headers: { ...headers, 'Content-Length': announces } })
        call.on('response', async (response) => {
            let text = ''
            for await (const part of response.setEncoding('utf8')) text += part
            resolve({ status: response.statusCode!, type: response.headers['content-type'] ?? '', text })
            call.destroy()
        })
        call.on('error', reject)
        call.flushHeaders()
    })
}

const asked = new Set<string>()

/// What was asked, and answered as the contract says; ask() notes it by itself.
export function note({ path, method = 'get', status }: Pick<Call, 'path' | 'method' | 'status'>): void {
    assert.ok(contract.paths[path]?.[method]?.responses[String(status)], `${method} ${path} does not promise ${status}`)
    asked.add(`${method} ${path} ${status}`)
}

/// Every answer that the contract promises and nobody has asked for: "get /api/v1/places 400".
export function never_asked(): string[] {
    return operations().flatMap(({ method, path, operation }) =>
        Object.keys(operation.responses).map((status) => `${method} ${path} ${status}`)).filter((one) => !asked.has(one))
}

export function operations(): { method: string; path: string; operation: any }[] {
    return Object.entries<any>(contract.paths).flatMap(([path, methods]) =>
        Object.entries<any>(methods).filter(([, operation]) => operation.responses).map(([method, operation]) => ({ method, path, operation })))
}

/// Every example of something that is sent: as the request's own, or as that of a schema it may follow.
export function request_examples(): { method: string; path: string; type: string; body: string; success: number }[] {
    return operations().flatMap(({ method, path, operation }) =>
        Object.entries<any>(operation.requestBody?.content ?? {}).flatMap(([type, { schema, example }]) => {
            const schemas = [schema, ...(schema.anyOf ?? schema.oneOf ?? [])].map((one) => resolve(one))
            const values = [example, ...schemas.map((one) => one.example)].filter((value) => value !== undefined)
            const success = Number(Object.keys(operation.responses).find((status) => status.startsWith('2')))
            return values.map((value) => ({ method, path, type, body: typeof value === 'string' ? value : JSON.stringify(value), success }))
        }))
}

/// Asks the town at `origin`, and checks the answer against what the contract, or another document with its judge, promises for its status.
export async function ask(origin: string, call: Call, document = contract, judge = follows): Promise<any> {
    const { path, url, method = 'get', status, bare = status === 204 } = call
    const { status: answered, type: answered_as, text } = await (call.announces === undefined ? exchange : announce)(origin, call)
    assert.equal(answered, status, `${method} ${url}: ${text.slice(0, 300)}`)
    const promised = resolve(document.paths[path][method].responses[String(status)], document)
    assert.ok(promised, `${method} ${path} does not promise ${status}`)
    if (document === contract) note({ path, method, status })
    if (bare) return assert.equal(text, '', url)
    const type = answered_as.split(';')[0]!
    const schema = promised.content?.[type]?.schema
    assert.ok(schema, `${path} does not promise ${status} as ${type}`)
    if (!type.endsWith('json')) return text
    const answer = JSON.parse(text)
    judge(schema, answer, url)
    return answer
}

export interface Example {
    where: string
    schema: any
    value: any
    type: string
}

/// Every example that has a schema beside it: of schemas, parameters, headers, requests and answers.
export function* examples(node: any = contract, where = '#', type = ''): Generator<Example> {
    if (node === null || typeof node !== 'object') return
    if ('example' in node) yield { where, schema: node.schema ?? node, value: node.example, type }
    for (const [key, inner] of Object.entries(node)) {
        if (key !== 'example') yield* examples(inner, `${where}/${key.replaceAll('/', '~1')}`, key.includes('/') && !key.startsWith('/') ? key : type)
    }
}
