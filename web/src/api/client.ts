/// The staff pages' way to the server: typed by the contract, with the session's CSRF token on everything that changes.
import type { components, paths } from './schema.ts'

export type Schemas = components['schemas']
export type Problem = Schemas['Problem']

/// What the server said no to. `problem.detail` is a sentence for the reader.
export class Refused extends Error {
    constructor(readonly problem: Problem) {
        super(problem.detail)
    }
}

type Method = 'get' | 'post' | 'put' | 'patch' | 'delete'
type With<M extends Method> = { [P in keyof paths]: paths[P] extends Record<M, { responses: unknown }> ? P : never }[keyof paths]
type Operation<P extends keyof paths, M extends Method> = paths[P][M & keyof paths[P]]
type Json<R> = R extends { content: { 'application/json': infer T } } ? T : undefined
type Answer<O> = O extends { responses: infer R }
    ? { [S in keyof R]: S extends 200 | 201 | 204 ? Json<R[S]> : never }[keyof R]
    : never
type Body<O> = O extends { requestBody: { content: { 'application/json': infer T } } } ? T : undefined
type Query<O> = O extends { parameters: { query?: infer Q } } ? Q : undefined

interface Options<O> {
    path?: Record<string, string>
    query?: Query<O>
    body?: Body<O>
    signal?: AbortSignal
}

let csrf_token = ''
export function use_csrf_token(token: string): void {
    csrf_token = token
}

export function address(path: string, values: Record<string, string> = {}, query: object = {}): string {
    const filled = path.replace(/\{(\w+)\}/g, (_, name: string) => encodeURIComponent(values[name] ?? ''))
    const pairs = Object.entries(query).filter(([, value]) => value !== undefined && value !== null && value !== '')
    const text = new URLSearchParams(pairs.map(([name, value]) => [name, String(value)])).toString()
    return text ? `${filled}?${text}` : filled
}

export async function call<M extends Method, P extends With<M>>(
    method: M,
    path: P,
    options: Options<Operation<P, M>> = {},
): Promise<Answer<Operation<P, M>>> {
    const headers: Record<string, string> = { Accept: 'application/json', 'Accept-Language': document.documentElement.lang }
    if (options.body !== undefined) headers['Content-Type'] = 'application/json'
    if (method !== 'get' && csrf_token) headers['X-CSRF-Token'] = csrf_token
    const response = await fetch(address(path, options.path, (options.query ?? {}) as object), {
        method: method.toUpperCase(),
        headers,
        credentials: 'same-origin',
        ...(options.body === undefined ? {} : { body: JSON.stringify(options.body) }),
        ...(options.signal ? { signal: options.signal } : {}),
    })
    if (!response.ok) throw new Refused(await read_problem(response))
    return (response.status === 204 ? undefined : await response.json()) as Answer<Operation<P, M>>
}

async function read_problem(response: Response): Promise<Problem> {
    try {
        return (await response.json()) as Problem
    } catch {
        return { type: '/problems/internal', title: response.statusText, status: response.status, detail: `HTTP ${response.status}`, instance: '' }
    }
}
