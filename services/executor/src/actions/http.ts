import { WonderError } from '@wonder/errors'
import type { Json, JsonObject, NetResponse } from '@wonder/platform'
import type { Action, ActionContext } from '../action.ts'
import { ConfigReader, isObject } from '../config-reader.ts'
import { type HttpRequest, send } from '../http-request.ts'
import { parseJson } from '../json-text.ts'
import { readRetryAfter } from '../retry-after.ts'

/** Bytes of a response's body. */
const MAX_BYTES = 10_000_000
/** UTF-16 units of a refused response's body that the error carries. */
const SHOWN_BODY = 2_000
const methodsWithoutEffect: ReadonlySet<string> = new Set(['GET', 'HEAD', 'OPTIONS', 'TRACE'])
const passingStatuses: ReadonlySet<number> = new Set([429, 502, 503, 504])
/** A server that answers so has done nothing. */
const refusingStatuses: ReadonlySet<number> = new Set([429, 503])
const statusesWorthARetry: ReadonlySet<number> = new Set([408, 425, 429])

/**
 * `{url, method = GET, query, headers, body, ok_status = ["2xx"], max_bytes}` → `{status, headers, body}`.
 *
 * A body that is not a text is sent as JSON; a JSON response is read. A method with effects carries the attempt's
 * key as Idempotency-Key.
 */
export const httpAction: Action = {
  kind: 'http',
  async run(config, context) {
    const fields = new ConfigReader('http', config)
    const okStatus = fields.list('ok_status', ['2xx'])
    const request = requestOf(fields, context)
    const response = await send(request, context)
    const { status, headers } = response
    if (!isOk(status, okStatus)) throw refused(request, response, context)
    return { status, headers, body: request.method === 'HEAD' ? '' : bodyOf(response) }
  },
  isPassing(thrown, config) {
    if (!(thrown instanceof WonderError)) return false
    const harmless = methodsWithoutEffect.has(new ConfigReader('http', config).text('method', 'GET').toUpperCase())
    if (thrown.code === 'http_unreachable') return harmless || thrown.retry === 'safe'
    const { status } = thrown.details ?? {}
    if (thrown.code !== 'http_status' || typeof status !== 'number') return false
    return (harmless ? passingStatuses : refusingStatuses).has(status)
  },
  textOf: (output: JsonObject) => output.body,
}

function requestOf(fields: ConfigReader, { idempotencyKey }: ActionContext): HttpRequest {
  const method = fields.text('method', 'GET').toUpperCase()
  const url = urlOf(fields)
  const headers = headersOf(fields)
  const body = fields.any('body')
  if (body !== undefined && typeof body !== 'string' && headers['content-type'] === undefined) {
    headers['content-type'] = 'application/json'
  }
  if (!methodsWithoutEffect.has(method) && headers['idempotency-key'] === undefined) {
    headers['idempotency-key'] = idempotencyKey
  }
  return {
    url,
    method,
    headers,
    maxBytes: fields.number('max_bytes', MAX_BYTES),
    ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
  }
}

function urlOf(fields: ConfigReader): URL {
  const url = URL.parse(fields.text('url'))
  if (url === null || (url.protocol !== 'http:' && url.protocol !== 'https:')) {
    return fields.fail('url', 'an absolute http or https URL', fields.any('url'))
  }
  for (const [name, value] of Object.entries(fields.object('query'))) {
    for (const item of Array.isArray(value) ? (value as readonly Json[]) : [value]) {
      if (item === null) continue
      if (typeof item === 'object')
        fields.fail(`query.${name}`, 'a text, a number, true or false, or a list of them', item)
      url.searchParams.append(name, String(item))
    }
  }
  return url
}

/** Names in lower case. A line break could begin a header of its own. */
function headersOf(fields: ConfigReader): { [name: string]: string } {
  const headers: [string, string][] = []
  for (const [name, value] of Object.entries(fields.texts('headers'))) {
    if (!/^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/.test(name)) fields.fail('headers', 'an object by names of headers', name)
    if (/[\r\n\0]/.test(value)) fields.fail(`headers.${name}`, 'a text without line breaks', value)
    headers.push([name.toLowerCase(), value])
  }
  return Object.fromEntries(headers)
}

function isOk(status: number, rules: readonly Json[]): boolean {
  return rules.some(
    (rule) =>
      rule === status || String(rule).toLowerCase() === `${Math.floor(status / 100)}xx` || rule === String(status),
  )
}

function bodyOf(response: NetResponse): Json {
  const text = new TextDecoder().decode(response.body)
  const type = (response.headers['content-type'] ?? '').split(';', 1)[0]?.trim().toLowerCase() ?? ''
  if (type !== 'application/json' && !type.endsWith('+json')) return text
  if (text.trim() === '') return null
  const parsed = parseJson(text)
  if (parsed.ok) return parsed.value
  const { line, column, offset } = parsed.position
  throw new WonderError(
    'http_invalid_json',
    `${withoutQuery(response.url)} answered JSON that cannot be read: ${parsed.reason} at line ${line}, column ${column}`,
    {
      details: { status: response.status, line, column, offset },
    },
  )
}

function refused(
  request: HttpRequest,
  { status, headers, body, url }: NetResponse,
  context: ActionContext,
): WonderError {
  const retryAfter = readRetryAfter(headers['retry-after'], context.ports.clock.now())
  const again = statusesWorthARetry.has(status) || status >= 500
  const text = context.redact(new TextDecoder().decode(body))
  return new WonderError('http_status', `${request.method} ${withoutQuery(url)} answered ${status}${shown(text)}`, {
    retry: again ? (retryAfter === undefined ? 'safe' : 'after') : 'never',
    ...(again && retryAfter !== undefined ? { retryAfter } : {}),
    details: { status, body: text.slice(0, SHOWN_BODY) },
  })
}

function shown(text: string): string {
  const parsed = parseJson(text)
  const message =
    parsed.ok && isObject(parsed.value) && typeof parsed.value.message === 'string' ? parsed.value.message : text
  const line = message.trim().split('\n', 1)[0]?.slice(0, 200) ?? ''
  return line === '' ? '' : `: ${line}`
}

/** A query may be long, and may hold what is better not repeated. */
function withoutQuery(url: string): string {
  return url.split(/[?#]/, 1)[0] ?? url
}
