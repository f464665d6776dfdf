import { WonderError } from '@wonder/errors'

/** The port that a scheme stands for when a URL names none. */
const schemePort: Readonly<Record<string, string>> = { 'http:': '80', 'https:': '443' }

/**
 * Refuses a URL whose host is not in the project's list. An entry is `name` (any port) or `name:port`; without a list
 * every public host is allowed, and an empty one allows none.
 *
 * @throws WonderError `http_host_not_allowed`
 */
export function checkUrlAllowed(url: URL, allow: readonly string[] | undefined): void {
  const port = url.port === '' ? (schemePort[url.protocol] ?? '') : url.port
  if (allow !== undefined && !isAllowed(url.hostname, port, allow)) throw notAllowed(url.host, allow)
}

/**
 * Refuses a tool's permission for a host (`name` or `name:port`) that the project does not allow: one that is not in its
 * list, and a private address that is not named.
 *
 * @throws WonderError `http_host_not_allowed`
 */
export function checkPermissionAllowed(host: string, allow: readonly string[] | undefined): void {
  const { name, port } = splitHost(host)
  if (allow !== undefined && isAllowed(name, port, allow)) return
  if (allow !== undefined || isPrivateName(name)) throw notAllowed(host, allow)
}

function isAllowed(name: string, port: string, allow: readonly string[]): boolean {
  return allow.some((entry) => {
    const allowed = splitHost(entry)
    return bare(allowed.name) === bare(name) && (allowed.port === '' || allowed.port === port)
  })
}

function splitHost(host: string): { readonly name: string; readonly port: string } {
  const parts = /^(\[[^\]]*\]|[^:]*)(?::(\d+))?$/.exec(host)
  return parts === null ? { name: host, port: '' } : { name: parts[1] ?? '', port: parts[2] ?? '' }
}

function bare(name: string): string {
  return name
    .toLowerCase()
    .replace(/^\[|\]$/g, '')
    .replace(/\.$/, '')
}

/** Names and literal addresses that never lead to the public network. What a name resolves to is the runtime's matter. */
function isPrivateName(host: string): boolean {
  const name = bare(host)
  if (name === 'localhost' || name.endsWith('.localhost') || name.endsWith('.local') || name.endsWith('.internal'))
    return true
  if (name.includes(':')) return name === '::' || name === '::1' || /^(f[cd]|fe[89ab]|::ffff:)/.test(name)
  const octets = /^(\d+)\.(\d+)\.\d+\.\d+$/.exec(name)
  if (octets === null) return /^(0x[0-9a-f]+|\d+)$/.test(name)
  const [a, b] = [Number(octets[1]), Number(octets[2])]
  if (a === 0 || a === 10 || a === 127 || a >= 224) return true
  if (a === 100) return b >= 64 && b < 128
  if (a === 172) return b >= 16 && b < 32
  return (a === 192 && b === 168) || (a === 169 && b === 254)
}

function notAllowed(host: string, allow: readonly string[] | undefined): WonderError {
  const list =
    allow === undefined
      ? 'it is private and settings.network.allow does not name it'
      : `settings.network.allow has ${allow.length === 0 ? 'no host' : allow.join(', ')}`
  return new WonderError('http_host_not_allowed', `Cannot reach "${host}": ${list}`, { details: { host } })
}
