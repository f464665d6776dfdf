import { WonderError } from '@wonder/errors'
import type { NetResponse } from '@wonder/platform'
import type { ActionContext } from './action.ts'
import { checkUrlAllowed } from './network-rules.ts'

export type HttpRequest = {
  readonly url: URL
  readonly method: string
  /** Names in lower case. */
  readonly headers: { readonly [name: string]: string }
  readonly body?: string
  readonly maxBytes: number
}

const MAX_REDIRECTS = 5
const redirects: ReadonlySet<number> = new Set([301, 302, 303, 307, 308])
/** All that goes on to another origin: any other header may hold a key of the first. */
const harmless: ReadonlySet<string> = new Set(['accept', 'accept-language', 'content-type', 'user-agent'])

/**
 * Sends a request and follows redirects, each of which must lead to a host that the project allows as well.
 *
 * @throws WonderError `http_host_not_allowed`, `http_too_many_redirects`, and what `Net` throws
 */
export async function send(first: HttpRequest, { ports, definition, signal }: ActionContext): Promise<NetResponse> {
  const { allow } = definition.network
  let request = first
  for (let hops = 0; hops <= MAX_REDIRECTS; hops++) {
    checkUrlAllowed(request.url, allow)
    const { url, ...rest } = request
    const response = await ports.net.fetch({
      ...rest,
      url: url.href,
      allowPrivate: allow ?? [],
      maxRedirects: 0,
      signal,
    })
    const next = redirects.has(response.status) ? nextRequest(request, response) : null
    if (next === null) return response
    request = next
  }
  throw new WonderError(
    'http_too_many_redirects',
    `Cannot fetch ${first.url.origin}: it leads on more than ${MAX_REDIRECTS} times`,
  )
}

/** Null when the answer names no place to go on at. */
function nextRequest(request: HttpRequest, { status, headers }: NetResponse): HttpRequest | null {
  const url = URL.parse(headers.location ?? '', request.url.href)
  if (headers.location === undefined || url === null || (url.protocol !== 'http:' && url.protocol !== 'https:'))
    return null
  const sameOrigin = url.origin === request.url.origin
  const becomesGet = status === 303 ? request.method !== 'HEAD' : status < 303 && request.method === 'POST'
  const kept = Object.entries(request.headers).filter(([name]) => {
    if (!sameOrigin && !harmless.has(name)) return false
    return !(becomesGet && (name.startsWith('content-') || name === 'idempotency-key'))
  })
  const { body, ...rest } = request
  return {
    ...rest,
    url,
    headers: Object.fromEntries(kept),
    ...(becomesGet ? { method: 'GET' } : body === undefined ? {} : { body }),
  }
}
