import { createHash, randomUUID } from 'node:crypto'
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { ToolBundle } from '@wonder/platform'

/** Changes with the form of the cache and with how bundles are made. Durable: old entries are made anew. */
const format = 1

type Entry<Description> = {
  readonly format: number
  readonly inputs: readonly { readonly path: string; readonly digest: string }[]
  readonly digest: string
  readonly description: Description
}

/** The code of a file, and what the file said when it was loaded. */
export type CachedBundle<Description> = Pick<ToolBundle, 'digest' | 'code'> & { readonly description: Description }

/**
 * Bundles on disk: `<folder>/<kind>/<hash of the file's path>.json` names the sources by their digests, and
 * `<folder>/tool-bundles/<digest>.mjs` is the code. Several processes may use one folder.
 */
export class BundleCache<Description> {
  readonly #folder: string
  readonly #kind: 'tools' | 'documents'
  readonly #checked = new Set<string>()

  constructor(folder: string, kind: 'tools' | 'documents') {
    this.#folder = folder
    this.#kind = kind
  }

  /** The bundle of a tool's file, when none of its sources has changed. */
  async get(file: string): Promise<CachedBundle<Description> | undefined> {
    try {
      const entry = JSON.parse(await readFile(this.#entryFile(file), 'utf8')) as Entry<Description>
      if (entry.format !== format) return undefined
      const digests = await Promise.all(entry.inputs.map(async ({ path }) => sha256(await readFile(path))))
      if (entry.inputs.some(({ digest }, index) => digest !== digests[index])) return undefined
      const code = await readFile(this.codeFile(entry.digest), 'utf8')
      return sha256(code) === entry.digest ? { digest: entry.digest, code, description: entry.description } : undefined
    } catch {
      // Not there, cut off, or a source is gone: it is made anew, which tells what is wrong.
      return undefined
    }
  }

  async put(file: string, bundle: CachedBundle<Description>, inputs: Entry<Description>['inputs']): Promise<void> {
    const entry: Entry<Description> = { format, inputs, digest: bundle.digest, description: bundle.description }
    await this.#write(this.#entryFile(file), JSON.stringify(entry))
  }

  /** Makes sure that the code is on disk, as it is named. */
  async store(bundle: Pick<ToolBundle, 'digest' | 'code'>): Promise<string> {
    const file = this.codeFile(bundle.digest)
    if (this.#checked.has(bundle.digest)) return file
    const stored = await readFile(file, 'utf8').catch(() => undefined)
    if (stored !== bundle.code) await this.#write(file, bundle.code)
    this.#checked.add(bundle.digest)
    return file
  }

  codeFile(digest: string): string {
    return join(this.#folder, 'tool-bundles', `${digest.replace('sha256:', '')}.mjs`)
  }

  #entryFile(file: string): string {
    return join(this.#folder, this.#kind, `${sha256(file).slice('sha256:'.length)}.json`)
  }

  async #write(file: string, text: string): Promise<void> {
    await mkdir(join(file, '..'), { recursive: true })
    const temporary = `${file}.${randomUUID()}`
    await writeFile(temporary, text)
    await rename(temporary, file)
  }
}

export function sha256(data: string | Uint8Array): string {
  return `sha256:${createHash('sha256').update(data).digest('hex')}`
}
