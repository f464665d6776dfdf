/**
 * The globals that packages and services may use beside those of ES2024: what Node, Deno, workerd and browsers all have.
 * What touches the outside (time, randomness, network, console, environment) is missing here and comes through a port.
 */

interface TextEncoder {
  readonly encoding: string
  encode(input?: string): Uint8Array<ArrayBuffer>
  encodeInto(source: string, destination: Uint8Array): { read: number; written: number }
}
declare var TextEncoder: { new (): TextEncoder }

interface TextDecoder {
  readonly encoding: string
  readonly fatal: boolean
  readonly ignoreBOM: boolean
  decode(input?: ArrayBuffer | ArrayBufferView, options?: { stream?: boolean }): string
}
declare var TextDecoder: { new (label?: string, options?: { fatal?: boolean; ignoreBOM?: boolean }): TextDecoder }

interface URLSearchParams extends Iterable<[string, string]> {
  readonly size: number
  append(name: string, value: string): void
  delete(name: string, value?: string): void
  get(name: string): string | null
  getAll(name: string): string[]
  has(name: string, value?: string): boolean
  set(name: string, value: string): void
  sort(): void
  entries(): IterableIterator<[string, string]>
  keys(): IterableIterator<string>
  values(): IterableIterator<string>
  forEach(callback: (value: string, name: string) => void): void
  toString(): string
}
declare var URLSearchParams: {
  new (init?: string | URLSearchParams | Record<string, string> | Iterable<readonly [string, string]>): URLSearchParams
}

interface URL {
  hash: string
  host: string
  hostname: string
  href: string
  readonly origin: string
  password: string
  pathname: string
  port: string
  protocol: string
  search: string
  readonly searchParams: URLSearchParams
  username: string
  toString(): string
  toJSON(): string
}
declare var URL: {
  new (url: string | URL, base?: string | URL): URL
  canParse(url: string | URL, base?: string | URL): boolean
  parse(url: string | URL, base?: string | URL): URL | null
}

interface Event {
  readonly type: string
}

interface AbortSignal {
  readonly aborted: boolean
  readonly reason: unknown
  onabort: ((event: Event) => void) | null
  throwIfAborted(): void
  addEventListener(
    type: 'abort',
    listener: (event: Event) => void,
    options?: { once?: boolean; signal?: AbortSignal },
  ): void
  removeEventListener(type: 'abort', listener: (event: Event) => void): void
}
/** Without `timeout`, which is a timer. */
declare var AbortSignal: {
  readonly prototype: AbortSignal
  abort(reason?: unknown): AbortSignal
  any(signals: Iterable<AbortSignal>): AbortSignal
}

interface AbortController {
  readonly signal: AbortSignal
  abort(reason?: unknown): void
}
declare var AbortController: { new (): AbortController }

interface DOMException extends Error {
  readonly code: number
}
declare var DOMException: {
  new (message?: string, nameOrOptions?: string | { name?: string; cause?: unknown }): DOMException
}

interface CryptoKey {
  readonly algorithm: { readonly name: string }
  readonly extractable: boolean
  readonly type: 'public' | 'private' | 'secret'
  readonly usages: readonly string[]
}

type KeyAlgorithm = string | { readonly name: string; readonly [parameter: string]: unknown }
type KeyBytes = ArrayBuffer | ArrayBufferView<ArrayBuffer>

interface SubtleCrypto {
  digest(algorithm: KeyAlgorithm, data: KeyBytes): Promise<ArrayBuffer>
  importKey(
    format: 'raw' | 'pkcs8' | 'spki',
    data: KeyBytes,
    algorithm: KeyAlgorithm,
    extractable: boolean,
    usages: readonly string[],
  ): Promise<CryptoKey>
  sign(algorithm: KeyAlgorithm, key: CryptoKey, data: KeyBytes): Promise<ArrayBuffer>
  verify(algorithm: KeyAlgorithm, key: CryptoKey, signature: KeyBytes, data: KeyBytes): Promise<boolean>
  encrypt(algorithm: KeyAlgorithm, key: CryptoKey, data: KeyBytes): Promise<ArrayBuffer>
  decrypt(algorithm: KeyAlgorithm, key: CryptoKey, data: KeyBytes): Promise<ArrayBuffer>
}
/** Without `getRandomValues` and `randomUUID`, which are randomness. */
declare var crypto: { readonly subtle: SubtleCrypto }

interface ReadableStreamDefaultReader<T> {
  readonly closed: Promise<void>
  read(): Promise<{ done: false; value: T } | { done: true; value: undefined }>
  cancel(reason?: unknown): Promise<void>
  releaseLock(): void
}
interface ReadableStreamDefaultController<T> {
  readonly desiredSize: number | null
  enqueue(chunk: T): void
  close(): void
  error(reason?: unknown): void
}
interface ReadableStream<T = unknown> extends AsyncIterable<T> {
  readonly locked: boolean
  getReader(): ReadableStreamDefaultReader<T>
  cancel(reason?: unknown): Promise<void>
  tee(): [ReadableStream<T>, ReadableStream<T>]
}
declare var ReadableStream: {
  new <T = unknown>(source?: {
    start?(controller: ReadableStreamDefaultController<T>): void | Promise<void>
    pull?(controller: ReadableStreamDefaultController<T>): void | Promise<void>
    cancel?(reason?: unknown): void | Promise<void>
  }): ReadableStream<T>
}

declare function structuredClone<T>(value: T, options?: { transfer?: ArrayBuffer[] }): T
declare function btoa(data: string): string
declare function atob(data: string): string
declare function queueMicrotask(callback: () => void): void

interface ReadableStream<T> {
  getReader(): { read(): Promise<{ done: false; value: T } | { done: true; value: undefined }> }
}

interface WritableStream<T> {
  getWriter(): { write(chunk: T): Promise<void>; close(): Promise<void> }
}

interface CompressionStream {
  readonly readable: ReadableStream<Uint8Array<ArrayBuffer>>
  readonly writable: WritableStream<ArrayBuffer | ArrayBufferView>
}
declare var CompressionStream: { new (format: 'gzip'): CompressionStream }
declare var DecompressionStream: { new (format: 'gzip'): CompressionStream }
