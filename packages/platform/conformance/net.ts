import { describe, expect, test } from 'vitest'
import type { Net, NetRequest } from '../src/net.ts'

/** What the server of the harness answers. */
export type NetAnswer = {
  readonly status?: number
  readonly headers?: { readonly [name: string]: string }
  readonly body?: string | Uint8Array
  /** Sends the head and nothing more. */
  readonly hang?: boolean
}

export type NetSeen = {
  readonly method: string
  readonly path: string
  readonly headers: { readonly [name: string]: string | string[] | undefined }
  readonly body: string
}

export type NetHarness = {
  readonly net: Net
  /** Starts a server on 127.0.0.1 until the end of the test. */
  readonly serve: (answer: (seen: NetSeen) => NetAnswer) => Promise<{ readonly port: number; readonly seen: NetSeen[] }>
}

/** The guarantees of Net, against servers on the loopback address. */
export function netConformance(driver: string, make: () => Promise<NetHarness>): void {
  const request = (url: string, more: Partial<NetRequest> = {}): NetRequest => ({
    url,
    method: 'GET',
    headers: {},
    allowPrivate: ['127.0.0.1'],
    maxBytes: 10_000,
    signal: new AbortController().signal,
    ...more,
  })
  const text = (body: Uint8Array): string => new TextDecoder().decode(body)

  describe(`Net of ${driver}`, () => {
    test('fetch() sends method, headers and body, and gives status, headers and body', async () => {
      const { net, serve } = await make()
      const { port, seen } = await serve(() => ({ status: 201, headers: { 'X-Made': 'yes' }, body: 'made' }))
      const url = `http://127.0.0.1:${port}/things?a=1`
      const response = await net.fetch(request(url, { method: 'POST', headers: { 'X-Key': 'k' }, body: 'data' }))

      expect(seen).toMatchObject([{ method: 'POST', path: '/things?a=1', headers: { 'x-key': 'k' }, body: 'data' }])
      expect(response).toMatchObject({ status: 201, headers: { 'x-made': 'yes' }, url })
      expect(text(response.body)).toBe('made')
    })

    for (const host of [
      '127.0.0.1',
      'localhost',
      '0x7f.1',
      '0177.0.0.1',
      '2130706433',
      '127.1',
      '0.0.0.0',
      '[::1]',
      '[::]',
      '[::ffff:127.0.0.1]',
      '[::ffff:7f00:1]',
      '[64:ff9b::7f00:1]',
      '[2002:7f00:1::]',
      '[fe80::1]',
      '[fd00::1]',
      '10.0.0.1',
      '172.16.0.1',
      '192.168.1.1',
      '169.254.169.254',
      '100.64.0.1',
      '224.0.0.1',
      '255.255.255.255',
    ]) {
      test(`G1 ${host} is refused`, async () => {
        const { net, serve } = await make()
        const { port, seen } = await serve(() => ({}))

        await expect(net.fetch(request(`http://${host}:${port}/`, { allowPrivate: [] }))).rejects.toMatchObject({
          code: 'http_address_forbidden',
        })
        expect(seen).toEqual([])
      })
    }

    test('G1 allowPrivate with a port allows that port alone', async () => {
      const { net, serve } = await make()
      const one = await serve(() => ({ body: 'one' }))
      const two = await serve(() => ({ body: 'two' }))
      const allowPrivate = [`127.0.0.1:${one.port}`]

      expect(text((await net.fetch(request(`http://127.0.0.1:${one.port}/`, { allowPrivate }))).body)).toBe('one')
      await expect(net.fetch(request(`http://127.0.0.1:${two.port}/`, { allowPrivate }))).rejects.toMatchObject({
        code: 'http_address_forbidden',
      })
    })

    test('G2 a redirect to a private address is refused', async () => {
      const { net, serve } = await make()
      const inner = await serve(() => ({ body: 'secret' }))
      const outer = await serve(() => ({ status: 302, headers: { location: `http://127.0.0.1:${inner.port}/` } }))
      const allowPrivate = [`127.0.0.1:${outer.port}`]

      await expect(net.fetch(request(`http://127.0.0.1:${outer.port}/`, { allowPrivate }))).rejects.toMatchObject({
        code: 'http_address_forbidden',
      })
      expect(inner.seen).toEqual([])
    })

    test('G2 a redirect to another scheme is refused', async () => {
      const { net, serve } = await make()
      const { port } = await serve(() => ({ status: 302, headers: { location: 'file:///etc/passwd' } }))

      await expect(net.fetch(request(`http://127.0.0.1:${port}/`))).rejects.toMatchObject({
        code: 'http_invalid_request',
      })
    })

    test('credentials stay at their origin when a redirect leads to another', async () => {
      const { net, serve } = await make()
      const other = await serve(() => ({ body: 'arrived' }))
      const first = await serve(({ path }) => ({
        status: 307,
        headers: { location: path === '/' ? '/again' : `http://127.0.0.1:${other.port}/end` },
      }))
      const headers = { Authorization: 'Bearer x', Cookie: 'a=b', 'X-Other': 'kept' }
      const response = await net.fetch(request(`http://127.0.0.1:${first.port}/`, { headers }))

      expect(response.url).toBe(`http://127.0.0.1:${other.port}/end`)
      expect(first.seen.map((seen) => seen.headers.authorization)).toEqual(['Bearer x', 'Bearer x'])
      expect(other.seen[0]?.headers).toMatchObject({ 'x-other': 'kept' })
      expect(other.seen[0]?.headers).not.toHaveProperty('authorization')
      expect(other.seen[0]?.headers).not.toHaveProperty('cookie')
    })

    test('303 goes on as GET without a body, 307 as it was', async () => {
      const { net, serve } = await make()
      const { port, seen } = await serve(({ path }) =>
        path === '/end' ? {} : { status: path === '/303' ? 303 : 307, headers: { location: '/end' } },
      )
      await net.fetch(request(`http://127.0.0.1:${port}/303`, { method: 'POST', body: 'x' }))
      await net.fetch(request(`http://127.0.0.1:${port}/307`, { method: 'POST', body: 'x' }))
      const ends = seen.filter(({ path }) => path === '/end')

      expect(ends.map(({ method, body }) => `${method} ${body}`)).toEqual(['GET ', 'POST x'])
    })

    test('a loop of redirects ends in http_too_many_redirects', async () => {
      const { net, serve } = await make()
      const { port, seen } = await serve(() => ({ status: 302, headers: { location: '/' } }))

      await expect(net.fetch(request(`http://127.0.0.1:${port}/`, { maxRedirects: 2 }))).rejects.toMatchObject({
        code: 'http_too_many_redirects',
      })
      expect(seen).toHaveLength(3)
    })

    test('a body over maxBytes is http_response_too_large, one of exactly maxBytes is not', async () => {
      const { net, serve } = await make()
      const { port } = await serve(({ path }) => ({ body: 'x'.repeat(Number(path.slice(1))) }))
      const get = (size: number) => net.fetch(request(`http://127.0.0.1:${port}/${size}`, { maxBytes: 1_000 }))

      expect((await get(1_000)).body.byteLength).toBe(1_000)
      await expect(get(1_001)).rejects.toMatchObject({ code: 'http_response_too_large' })
    })

    test('G3 abort ends a request that hangs, with its reason', async () => {
      const { net, serve } = await make()
      const controller = new AbortController()
      const { port } = await serve(() => {
        queueMicrotask(() => controller.abort('stop'))
        return { hang: true }
      })

      await expect(net.fetch(request(`http://127.0.0.1:${port}/`, { signal: controller.signal }))).rejects.toBe('stop')
    })

    test('G4 a refused connection is http_unreachable, names the host, and may be tried again', async () => {
      const { net } = await make()

      await expect(net.fetch(request('http://127.0.0.1:9/'))).rejects.toMatchObject({
        code: 'http_unreachable',
        message: expect.stringContaining('127.0.0.1:9'),
        retry: 'safe',
      })
    })

    test('what is not a URL of http or https is http_invalid_request', async () => {
      const { net } = await make()

      for (const url of ['no url', 'ftp://example.com/', 'file:///etc/passwd', 'http://user:pass@example.com/']) {
        await expect(net.fetch(request(url))).rejects.toMatchObject({ code: 'http_invalid_request' })
      }
    })
  })
}
