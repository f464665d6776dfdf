import { lookup } from 'node:dns/promises'
import { isIP } from 'node:net'
import { brotliDecompress, gunzip, inflate, inflateRaw, zstdDecompress } from 'node:zlib'
import { WonderError } from '@wonder/errors'
import type { Net, NetRequest, NetResponse } from '@wonder/platform'
import type { Agent, Dispatcher } from 'undici'
import { isPublicAddress } from './address.ts'

export type NodeNetOptions = {
  /** Every address of a name, as the operating system has them; tests give another. */
  readonly resolve?: (host: string) => Promise<readonly string[]>
}

type Undici = typeof import('undici')

/** Of one name, all checked; they are tried in this order. */
type Addresses = readonly [string, ...string[]]

const redirects = new Set([301, 302, 303, 307, 308])
const hopHeaders = new Set(['host', 'connection', 'content-length', 'transfer-encoding', 'upgrade', 'keep-alive', 'te'])
const credentials = new Set(['authorization', 'cookie', 'proxy-authorization'])

/** HTTP of this process. Connections are kept for a few seconds. Proxies of the environment are not used. */
export function nodeNet(options: NodeNetOptions = {}): Net & { close(): Promise<void> } {
  const resolve = options.resolve ?? addressesOf
  const agents = new Map<string, Agent>()
  // One agent for each set of addresses: a pooled connection only ever leads to one that was checked.
  const agentFor = ({ Agent }: Undici, addresses: Addresses): Agent => {
    const key = addresses.join(' ')
    const known = agents.get(key)
    if (known !== undefined) return known
    if (agents.size >= 100) {
      const [oldest] = agents.keys()
      if (oldest !== undefined) {
        void agents.get(oldest)?.close()
        agents.delete(oldest)
      }
    }
    const entries = addresses.map((address) => ({ address, family: isIP(address) }))
    const made = new Agent({
      keepAliveTimeout: 4_000,
      connect: {
        timeout: 10_000,
        lookup: (_host, wanted, answer) =>
          wanted.all === true ? answer(null, entries) : answer(null, addresses[0], isIP(addresses[0])),
      },
    })
    agents.set(key, made)
    return made
  }

  return {
    async fetch(request) {
      // Loading it takes 40 ms, which most commands need not spend: they fetch nothing.
      const undici = await import('undici')
      let url = parsed(request.url)
      let method = request.method.toUpperCase()
      let headers = clean(request.headers)
      let body = request.body
      for (let left = request.maxRedirects ?? 5; ; left--) {
        const addresses = await checkedAddresses(url, request, resolve)
        const agent = agentFor(undici, addresses)
        const answer = await sent({ url, method, headers, body, signal: request.signal, agent, undici })
        const location = answer.headers.location
        if (!redirects.has(answer.statusCode) || typeof location !== 'string' || request.maxRedirects === 0) {
          return await read(answer, url, request)
        }
        answer.body.on('error', () => {}).destroy()
        if (left <= 0) {
          throw new WonderError(
            'http_too_many_redirects',
            `Cannot fetch ${request.url}: redirected more than ${request.maxRedirects ?? 5} times, last to ${location}`,
          )
        }
        const next = parsed(location, url)
        if (next.origin !== url.origin) headers = without(headers, credentials)
        // As browsers do: 303, and 301 or 302 after POST, go on as GET without a body.
        if (answer.statusCode === 303 ? method !== 'HEAD' : answer.statusCode < 303 && method === 'POST') {
          method = 'GET'
          body = undefined
          headers = Object.fromEntries(Object.entries(headers).filter(([name]) => !name.startsWith('content-')))
        }
        url = next
      }
    },
    async close() {
      const open = [...agents.values()]
      agents.clear()
      await Promise.all(open.map((agent) => agent.destroy()))
    },
  }
}

async function addressesOf(host: string): Promise<readonly string[]> {
  return (await lookup(host, { all: true })).map((entry) => entry.address)
}

/** WHATWG URL parsing turns octal, hexadecimal and short forms of IPv4 into dotted decimals, so they are checked as such. */
function parsed(text: string, base?: URL): URL {
  const url = URL.parse(text, base?.href)
  if (url === null) throw new WonderError('http_invalid_request', `Cannot fetch "${text}": it is not a URL`)
  if (url.protocol !== 'http:' && url.protocol !== 'https:') {
    throw new WonderError('http_invalid_request', `Cannot fetch "${text}": only http and https are allowed`)
  }
  if (url.username !== '' || url.password !== '') {
    throw new WonderError(
      'http_invalid_request',
      `Cannot fetch ${url.origin}: put credentials into headers, not the URL`,
    )
  }
  return url
}

async function checkedAddresses(
  url: URL,
  request: NetRequest,
  resolve: (host: string) => Promise<readonly string[]>,
): Promise<Addresses> {
  request.signal.throwIfAborted()
  const host = url.hostname.replace(/^\[|\]$/g, '')
  const addresses = isIP(host) === 0 ? await abortable(resolved(host, url, resolve), request.signal) : [host]
  const [first, ...rest] = addresses
  if (first === undefined) throw unreachable(url, 'the name has no address', 'safe')
  const port = url.port || (url.protocol === 'https:' ? '443' : '80')
  const allowed = new Set(request.allowPrivate.map((name) => name.toLowerCase()))
  if ([host, url.hostname, `${host}:${port}`, `${url.hostname}:${port}`].some((name) => allowed.has(name)))
    return [first, ...rest]
  // One special address among several is enough to refuse: nobody serves both honestly.
  const special = addresses.find((address) => !isPublicAddress(address))
  if (special === undefined) return [first, ...rest]
  const which = special === host ? 'it' : `its address ${special}`
  throw new WonderError(
    'http_address_forbidden',
    `Cannot fetch ${url.href}: ${which} is private or special; name "${host}:${port}" in settings.network.allow if it is meant`,
    { details: { host, port: Number(port), address: special } },
  )
}

async function resolved(host: string, url: URL, resolve: (host: string) => Promise<readonly string[]>) {
  try {
    return await resolve(host)
  } catch (error) {
    throw unreachable(url, `the name "${host}" cannot be resolved (${reasonOf(error)})`, 'safe', error)
  }
}

type Sent = Dispatcher.ResponseData

async function sent(message: {
  readonly url: URL
  readonly method: string
  readonly headers: { readonly [name: string]: string }
  readonly body: string | Uint8Array | undefined
  readonly signal: AbortSignal
  readonly agent: Agent
  readonly undici: Undici
}): Promise<Sent> {
  const { url, signal } = message
  try {
    return await message.undici.request(url, {
      method: message.method as Dispatcher.HttpMethod,
      headers: { 'accept-encoding': 'gzip, deflate, br', ...message.headers },
      body: message.body ?? null,
      signal,
      dispatcher: message.agent,
      headersTimeout: 0,
      bodyTimeout: 0,
    })
  } catch (error) {
    signal.throwIfAborted()
    const code = error instanceof Error && 'code' in error ? String(error.code) : ''
    if (code === 'UND_ERR_INVALID_ARG' || error instanceof TypeError) {
      throw new WonderError('http_invalid_request', `Cannot fetch ${url.href}: ${reasonOf(error)}`, { cause: error })
    }
    const nothingSent =
      /^(ECONNREFUSED|ENOTFOUND|EHOSTUNREACH|ENETUNREACH|UND_ERR_CONNECT_TIMEOUT|ERR_TLS_\w+|CERT_\w+|DEPTH_ZERO\w+|SELF_SIGNED\w+)$/
    throw unreachable(url, reasonOf(error), nothingSent.test(code) ? 'safe' : 'after', error)
  }
}

async function read(answer: Sent, url: URL, request: NetRequest): Promise<NetResponse> {
  const chunks: Uint8Array[] = []
  let size = 0
  try {
    for await (const chunk of answer.body) {
      size += chunk.byteLength
      if (size > request.maxBytes) throw tooLarge(url, request)
      chunks.push(chunk)
    }
  } catch (error) {
    request.signal.throwIfAborted()
    if (error instanceof WonderError) throw error
    throw unreachable(url, `the connection broke off (${reasonOf(error)})`, 'after', error)
  }
  const headers: { [name: string]: string } = {}
  for (const [name, value] of Object.entries(answer.headers)) {
    if (value !== undefined) headers[name.toLowerCase()] = Array.isArray(value) ? value.join(', ') : value
  }
  const body = await unpacked(joined(chunks, size), headers['content-encoding'], url, request)
  if (body.unpacked) {
    delete headers['content-encoding']
    delete headers['content-length']
  }
  request.signal.throwIfAborted()
  return { status: answer.statusCode, headers, body: body.bytes, url: url.href }
}

const decoders: { readonly [encoding: string]: Decoder } = {
  gzip: gunzip,
  'x-gzip': gunzip,
  deflate: inflate,
  br: brotliDecompress,
  zstd: zstdDecompress,
}

/** The limit holds for what comes out, so that a small packed body cannot fill the memory. */
async function unpacked(packed: Uint8Array, encodings: string | undefined, url: URL, request: NetRequest) {
  let bytes = packed
  const names = (encodings ?? '').split(',').map((name) => name.trim().toLowerCase())
  const known = names.filter((name) => name !== '' && name !== 'identity')
  if (known.length === 0 || packed.byteLength === 0) return { bytes, unpacked: false }
  for (const name of known.slice(0, 4).reverse()) {
    const decode = Object.hasOwn(decoders, name) ? decoders[name] : undefined
    if (decode === undefined) return { bytes: packed, unpacked: false }
    bytes = await decoded(decode, bytes, url, request)
  }
  return { bytes, unpacked: true }
}

type Decoder = (
  bytes: Uint8Array,
  options: { readonly maxOutputLength: number },
  done: (error: Error | null, result: Uint8Array) => void,
) => void

function decoded(decode: Decoder, bytes: Uint8Array, url: URL, request: NetRequest): Promise<Uint8Array> {
  return new Promise((settle, refuse) => {
    decode(bytes, { maxOutputLength: Math.max(1, request.maxBytes) }, (error, result) => {
      if (error === null) return settle(new Uint8Array(result.buffer, result.byteOffset, result.byteLength))
      if ('code' in error && error.code === 'ERR_BUFFER_TOO_LARGE') return refuse(tooLarge(url, request))
      // Some servers send deflate without its header.
      if (decode === inflate) return settle(decoded(inflateRaw, bytes, url, request))
      refuse(unreachable(url, `the body cannot be unpacked (${error.message})`, 'after', error))
    })
  })
}

function joined(chunks: readonly Uint8Array[], size: number): Uint8Array {
  const all = new Uint8Array(size)
  let at = 0
  for (const chunk of chunks) {
    all.set(chunk, at)
    at += chunk.byteLength
  }
  return all
}

function clean(headers: { readonly [name: string]: string }) {
  const lower = Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value] as const)
  return without(Object.fromEntries(lower), hopHeaders)
}

function without(headers: { readonly [name: string]: string }, names: ReadonlySet<string>) {
  return Object.fromEntries(Object.entries(headers).filter(([name]) => !names.has(name)))
}

function tooLarge(url: URL, request: NetRequest): WonderError {
  return new WonderError(
    'http_response_too_large',
    `Cannot fetch ${url.href}: the body has more than the ${request.maxBytes} bytes that are allowed`,
  )
}

function unreachable(url: URL, reason: string, retry: 'safe' | 'after', cause?: unknown): WonderError {
  return new WonderError('http_unreachable', `Cannot reach ${url.host}: ${reason}`, { retry, cause })
}

function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  return error.message || ('code' in error ? String(error.code) : error.name)
}

async function abortable<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  const { promise, reject } = Promise.withResolvers<never>()
  const abort = (): void => reject(signal.reason)
  signal.addEventListener('abort', abort, { once: true })
  try {
    return await Promise.race([work, promise])
  } finally {
    signal.removeEventListener('abort', abort)
  }
}
