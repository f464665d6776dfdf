export type NetRequest = {
  readonly url: string
  readonly method: string
  readonly headers: { readonly [name: string]: string }
  readonly body?: string | Uint8Array
  /** Hosts (`name` or `name:port`) that may be reached although their address is private or link-local. */
  readonly allowPrivate: readonly string[]
  /** Bytes of the body; more is `http_response_too_large`. */
  readonly maxBytes: number
  /** Default 5. Each hop is checked like the first; credentials are not sent on to another origin. */
  readonly maxRedirects?: number
  readonly signal: AbortSignal
}

export type NetResponse = {
  readonly status: number
  /** Names in lower case; repeated ones joined by ", ". */
  readonly headers: { readonly [name: string]: string }
  readonly body: Uint8Array
  /** After redirects. */
  readonly url: string
}

/**
 * HTTP to the world.
 *
 * G1 An address that is private, loopback, link-local or otherwise special is `http_address_forbidden`, unless its host is
 *    in `allowPrivate`. The address that is checked is the address that is connected to (no second look-up).
 * G2 Every redirect is checked as the first request was; only http and https are followed.
 * G3 Abort ends the request at once; the promise rejects with the signal's reason.
 * G4 A host that cannot be reached is `http_unreachable`, naming host and reason, with retry `safe` when nothing was sent.
 */
export interface Net {
  fetch(request: NetRequest): Promise<NetResponse>
}
