/// api/openapi.yaml as a judge of answers: status, media type, and the schema of the body.
import { strict as assert } from 'node:assert'
import { readFileSync } from 'node:fs'
import Ajv2020 from 'ajv/dist/2020.js'
import add_formats from 'ajv-formats'
import { parse } from 'yaml'

export const contract = parse(readFileSync('api/openapi.yaml', 'utf8'))
const ajv = new Ajv2020.default({ strict: false, allErrors: true })
add_formats.default(ajv)
ajv.addSchema({ $id: 'contract', ...contract })

export function resolve(node: { $ref?: string }): any {
    if (!node?.$ref) return node
    return node.$ref.slice(2).split('/').reduce((at: any, key) => at[key.replaceAll('~1', '/').replaceAll('~0', '~')], contract)
}

/// Pointers inside a schema of the contract lead back into it.
function rebase(schema: any): any {
    if (Array.isArray(schema)) return schema.map(rebase)
    if (schema === null || typeof schema !== 'object') return schema
    return Object.fromEntries(
        Object.entries(schema).map(([key, value]) => [key, key === '$ref' ? `contract${value}` : rebase(value)]),
    )
}

/// Throws with all faults when `value` is not what `schema` says.
export function follows(schema: object, value: unknown, where: string): void {
    const validate = ajv.compile(rebase(schema))
    assert.ok(validate(value), `${where}: ${ajv.errorsText(validate.errors, { separator: '\n' })}`)
}

export interface Call {
    /// As the contract writes it: "/api/v1/places/{slug}".
    path: string
    url: string
    method?: string
    status: number
    headers?: Record<string, string>
    body?: string
}

/// Asks the town at `origin`, and checks the answer against what the contract promises for its status.
export async function ask(origin: string, { path, url, method = 'get', status, headers = {}, body }: Call): Promise<any> {
    const response = await fetch(origin + url, { method: method.toUpperCase(), headers, body })
    const text = await response.text()
    assert.equal(response.status, status, `${method} ${url}: ${text.slice(0, 300)}`)
    const promised = resolve(contract.paths[path][method].responses[String(status)])
    assert.ok(promised, `${method} ${path} does not promise ${status}`)
    if (status === 204) return undefined
    const type = (response.headers.get('content-type') ?? '').split(';')[0]!
    const schema = promised.content?.[type]?.schema
    assert.ok(schema, `${path} does not promise ${status} as ${type}`)
    if (!type.endsWith('json')) return text
    const answer = JSON.parse(text)
    follows(schema, answer, url)
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
