import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { scenario } from '../../test/scenario.ts'

type Seen = {
  readonly method: string
  readonly url: string
  readonly headers: IncomingMessage['headers']
  readonly body: string
}

const seen: Seen[] = []
let port = 0
let other = 0

async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
  let body = ''
  for await (const chunk of request) body += chunk
  const url = new URL(request.url ?? '', 'http://x')
  seen.push({ method: request.method ?? '', url: request.url ?? '', headers: request.headers, body })
  const status = Number(url.searchParams.get('status') ?? 200)
  const headers = Object.fromEntries(
    url.searchParams.getAll('h').map((line) => line.split(': ', 2) as [string, string]),
  )
  response.writeHead(status, headers).end(url.searchParams.get('body') ?? '')
}

const servers = [createServer(answer), createServer(answer)]

beforeAll(async () => {
  for (const server of servers) await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  ;[port, other] = servers.map((server) => (server.address() as AddressInfo).port) as [number, number]
})
afterAll(() => {
  for (const server of servers) server.close().closeAllConnections()
})

const http = (allow: readonly string[] | null = [`127.0.0.1:${port}`], options = {}) =>
  scenario({ steps: [{ action: 'http' }], definition: { network: allow === null ? {} : { allow } }, ...options })
const at = (query: Record<string, string | string[]> = {}, on = port) => {
  const url = new URL(`http://127.0.0.1:${on}/p`)
  for (const [name, values] of Object.entries(query))
    for (const value of [values].flat()) url.searchParams.append(name, value)
  return url.href
}

describe('http', () => {
  it('gives status, headers and text', async () => {
    const output = await http().output({ url: at({ body: 'hi', h: 'x-a: 1' }) })
    expect(output).toMatchObject({ status: 200, headers: { 'x-a': '1' }, body: 'hi' })
    expect(seen.at(-1)).toMatchObject({ method: 'GET', body: '' })
    expect(seen.at(-1)?.headers).not.toHaveProperty('idempotency-key')
  })

  it('sends JSON with the attempt’s key, and reads JSON', async () => {
    const output = await http().output({
      method: 'post',
      url: at({ body: '{"ok":true}', h: 'content-type: application/problem+json; charset=utf-8' }),
      query: { q: 'a b&c', list: [1, 2], none: null },
      headers: { 'X-Mine': 'yes' },
      body: { a: 1 },
    })
    expect(output).toMatchObject({ body: { ok: true } })
    const request = seen.at(-1)
    expect(request).toMatchObject({ method: 'POST', body: '{"a":1}' })
    expect(request?.url).toContain('&q=a+b%26c&list=1&list=2')
    expect(request?.headers).toMatchObject({
      'idempotency-key': 'R1/1.0/1/s1',
      'content-type': 'application/json',
      'x-mine': 'yes',
    })
  })

  it('keeps a key that the task gives', async () => {
    await http().output({ method: 'PUT', url: at(), headers: { 'Idempotency-Key': 'mine' }, body: 'text' })
    expect(seen.at(-1)).toMatchObject({ body: 'text', headers: { 'idempotency-key': 'mine' } })
  })

  it.each([
    [400, undefined, { retry: 'never' }],
    [404, '3', { retry: 'never' }],
    [408, undefined, { retry: 'safe' }],
    [425, undefined, { retry: 'safe' }],
    [429, '3', { retry: 'after', retryAfter: 3_000 }],
    [500, undefined, { retry: 'safe' }],
    [503, 'Thu, 01 Jan 1970 00:00:00 GMT', { retry: 'after', retryAfter: 0 }],
  ])('fails for status %i with Retry-After %s as %o', async (status, retryAfter, expected) => {
    const h = retryAfter === undefined ? [] : [`retry-after: ${retryAfter}`]
    const error = await http().error({ url: at({ status: String(status), body: '{"message":"why"}', h }) })
    expect(error).toMatchObject({ code: 'http_status', details: { status, body: '{"message":"why"}' }, ...expected })
    expect(error.message).toBe(`GET http://127.0.0.1:${port}/p answered ${status}: why`)
  })

  it('takes other statuses for good when they are listed', async () => {
    expect(await http().output({ url: at({ status: '404' }), ok_status: ['2xx', 404] })).toMatchObject({ status: 404 })
    expect((await http().error({ url: at({ status: '200' }), ok_status: [201] })).code).toBe('http_status')
  })

  it('reaches no host that the project does not list, nor a private one that it does not name', async () => {
    expect((await http(['api.example.com']).error({ url: at() })).code).toBe('http_host_not_allowed')
    expect((await http([`127.0.0.1:${other}`]).error({ url: at() })).code).toBe('http_host_not_allowed')
    expect((await http([]).error({ url: at() })).code).toBe('http_host_not_allowed')
    expect((await http(null).error({ url: at() })).code).toBe('http_address_forbidden')
    expect((await http(['127.0.0.1']).order({ url: at() })).status).toBe('completed')
  })

  it('is not led by a redirect to where it may not go', async () => {
    const url = at({ status: '302', h: `location: ${at({}, other)}` })
    expect((await http().error({ url })).code).toBe('http_host_not_allowed')
  })

  it('follows redirects with what belongs to the origin left behind', async () => {
    const url = at({ status: '302', h: `location: ${at({ body: 'there' }, other)}` })
    const output = await http(['127.0.0.1']).output({
      method: 'POST',
      url,
      headers: { 'x-api-key': 'k', accept: 'text/plain' },
      body: {},
    })
    expect(output).toMatchObject({ body: 'there' })
    expect(seen.at(-1)).toMatchObject({ method: 'GET', body: '', headers: { accept: 'text/plain' } })
    expect(seen.at(-1)?.headers).not.toHaveProperty('x-api-key')
  })

  it('ends a loop of redirects', async () => {
    const server = createServer((_request, response) => response.writeHead(302, { location: '/again' }).end())
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`
    expect((await http(['127.0.0.1']).error({ url })).code).toBe('http_too_many_redirects')
    server.close().closeAllConnections()
  })

  it('refuses a header that would begin another one, and a URL that is none', async () => {
    expect((await http().error({ url: at(), headers: { 'x-a': 'b\r\nx-c: d' } })).code).toBe('invalid_value')
    expect((await http().error({ url: 'file:///etc/passwd' })).code).toBe('invalid_value')
    expect((await http().error({ url: '/relative' })).code).toBe('invalid_value')
  })

  it('says where a response is not the JSON that it claims to be', async () => {
    const error = await http().error({ url: at({ body: '{"a":', h: 'content-type: application/json' }) })
    expect(error).toMatchObject({ code: 'http_invalid_json', details: { line: 1, column: 6 } })
  })

  it('takes no more bytes than it may', async () => {
    expect((await http().error({ url: at({ body: 'x'.repeat(100) }), max_bytes: 99 })).code).toBe(
      'http_response_too_large',
    )
  })

  it('shows no secret of its URL or headers in an error', async () => {
    const secrets = { TOKEN: 'very secret/value' }
    const url = {
      $parts: [`http://127.0.0.1:${port}/`, { secret: 'TOKEN', escape: 'url' }, '?status=500&body=very secret/value'],
    }
    const error = await http(undefined, { secrets }).error({ url })
    expect(JSON.stringify(error)).not.toContain('secret')
    expect(error.message).toContain('***')
  })
})
