/// Serves the specimen pages that platform/pages writes (BYPULS_SPECIMEN_DIR) with the built script and style, under the same
/// content security policy as the program, so that shell and staff pages can be looked at alone. Staff answers are examples.
import { createReadStream, existsSync, readFileSync } from 'node:fs'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { extname, join, normalize } from 'node:path'
import { staff_examples } from './staff_examples.ts'
import { type Answer, staff_town } from './staff_town.ts'

const types: Record<string, string> = {
    '.html': 'text/html; charset=utf-8',
    '.js': 'text/javascript; charset=utf-8',
    '.css': 'text/css; charset=utf-8',
    '.svg': 'image/svg+xml',
    '.woff2': 'font/woff2',
    '.geojson': 'application/geo+json',
}

export const policy =
    "default-src 'self'; img-src 'self' data: blob:; worker-src 'self' blob:; object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"

const dist = new URL('../dist/', import.meta.url).pathname

function page_name(path: string): string | undefined {
    if (path === '/' || path === '/bading') return 'places'
    if (path.startsWith('/bading/')) return 'place'
    if (path === '/status') return 'status'
    return undefined
}

function send_file(response: ServerResponse, file: string): void {
    response.setHeader('Content-Type', types[extname(file)] ?? 'application/octet-stream')
    createReadStream(file).pipe(response)
}

async function body_of(request: IncomingMessage): Promise<unknown> {
    const parts: Buffer[] = []
    for await (const part of request) parts.push(part as Buffer)
    return parts.length === 0 ? undefined : JSON.parse(Buffer.concat(parts).toString())
}

function example(request: string): Answer {
    const body = staff_examples(request)
    return body === undefined ? { status: 401, body: { type: '/problems/unauthorized', title: '', status: 401, detail: 'Logg inn.', instance: 'x' } } : { status: 200, body }
}

async function answer_staff(request: IncomingMessage, response: ServerResponse, url: URL): Promise<void> {
    const method = request.method ?? 'GET'
    const path = url.pathname.replace(/^\/api\/v1\/(staff\/)?/, '')
    const body = await body_of(request)
    const signed_in = method === 'POST' || /\bstaff=1\b/.test(request.headers.cookie ?? '')
    if (path === 'session' && method === 'POST') response.setHeader('Set-Cookie', 'staff=1; Path=/; HttpOnly')
    const answer = staff_town(method, path, url.searchParams, body) ?? example(path === 'session' && !signed_in ? '' : `${method} ${path}`)
    response.writeHead(answer.status, { 'Content-Type': 'application/json' })
    response.end(answer.body === undefined ? undefined : JSON.stringify(answer.body))
}

export function serve_specimens(folder: string): Promise<Server> {
    const server = createServer((request, response) => {
        const url = new URL(request.url ?? '/', 'http://x')
        response.setHeader('Content-Security-Policy', policy)
        response.setHeader('X-Content-Type-Options', 'nosniff')
        const language = url.searchParams.get('lang') ?? (request.headers['accept-language'] ?? 'nb').slice(0, 2)
        if (url.pathname === '/live') {
            response.writeHead(200, { 'Content-Type': 'text/event-stream' }).write(': here\n\n')
            return
        }
        if (/^\/api\/v1\/(staff|webhooks)(\/|$)/.test(url.pathname)) return void answer_staff(request, response, url)
        if (/^\/staff(\/|$)/.test(url.pathname)) return send_file(response, join(dist, 'staff.html'))
        const asset = join(dist, normalize(url.pathname))
        if (extname(asset) && existsSync(asset)) return send_file(response, asset)
        const name = page_name(url.pathname)
        response.writeHead(name ? 200 : 404, { 'Content-Type': types['.html'] })
        response.end(readFileSync(join(folder, `${name ?? 'error'}.${language}.html`)))
    })
    return new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve(server)))
}

export function address_of(server: Server): string {
    const address = server.address()
    if (address === null || typeof address === 'string') throw new Error('the server does not listen')
    return `http://127.0.0.1:${address.port}`
}
