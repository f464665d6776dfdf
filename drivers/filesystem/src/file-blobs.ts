import { createHash, randomUUID } from 'node:crypto'
import { access, mkdir, open, readdir, readFile, rm } from 'node:fs/promises'
import { dirname, join, resolve } from 'node:path'
import { WonderError } from '@wonder/errors'
import type { Blobs } from '@wonder/platform'
import { BlobFile } from './blob-file.ts'
import { blobFolder, blobPath, digestOf, keyBelow } from './blob-path.ts'
import { errorCode, fileFailure } from './file-failure.ts'
import { FolderSync } from './folder-sync.ts'

/** Under the root, a name that no key has. Files in it begin with the process that writes them. */
const temporary = '%tmp'

/**
 * Blobs as files below `root`, which is made when it is missing. Bytes and names are fsynced before put() resolves.
 *
 * @example
 * const blobs = fileBlobs({ root: '.wonder/blobs' })
 * const { digest } = await blobs.putStream('run/01K…', createReadStream('report.pdf'))
 */
export function fileBlobs({ root }: { readonly root: string }): Blobs {
  return new FileBlobs(root)
}

class FileBlobs implements Blobs {
  readonly #root: string
  readonly #folders = new FolderSync()
  /** Folders that this process has made durable. */
  readonly #known = new Set<string>()
  #prepared: Promise<void> | null = null

  constructor(root: string) {
    this.#root = resolve(root)
  }

  async put(key: string, content: Uint8Array | string): Promise<void> {
    const path = blobPath(this.#root, key)
    const bytes = typeof content === 'string' ? new TextEncoder().encode(content) : content
    await this.#writing(path, async () => {
      if (await isThere(path)) return this.#folders.sync(dirname(path))
      await this.#store(
        (file) => file.write(bytes),
        () => path,
      )
    })
  }

  async putStream(prefix: string, content: AsyncIterable<Uint8Array>): Promise<{ digest: string; size: number }> {
    const folder = blobFolder(this.#root, prefix)
    const hash = createHash('sha256')
    let size = 0
    const write = async (file: BlobFile) => {
      for await (const piece of content) {
        hash.update(piece)
        size += piece.length
        await file.write(piece)
      }
    }
    return this.#writing(folder, async () => {
      let digest = ''
      await this.#store(write, () => {
        digest = `sha256:${hash.digest('hex')}`
        return blobPath(this.#root, `${prefix}/${digest}`)
      })
      return { digest, size }
    })
  }

  async get(key: string): Promise<Uint8Array | null> {
    const path = blobPath(this.#root, key)
    const content = await readFile(path).catch((thrown: unknown) => {
      if (isMissing(thrown)) return null
      throw fileFailure(thrown, 'read', path)
    })
    if (content === null) return null
    check(path, digestOf(key), () => createHash('sha256').update(content).digest('hex'))
    return new Uint8Array(content.buffer, content.byteOffset, content.length)
  }

  async has(key: string): Promise<boolean> {
    return isThere(blobPath(this.#root, key))
  }

  async open(key: string): Promise<AsyncIterable<Uint8Array> | null> {
    const path = blobPath(this.#root, key)
    return (await isThere(path)) ? pieces(path, digestOf(key)) : null
  }

  async list(prefix: string): Promise<readonly string[]> {
    const folder = blobFolder(this.#root, prefix)
    const found = await readdir(folder, { recursive: true }).catch((thrown: unknown) => {
      if (isMissing(thrown)) return []
      throw fileFailure(thrown, 'read', folder)
    })
    return found.flatMap((path) => keyBelow(path) ?? []).map((key) => `${prefix}/${key}`)
  }

  async removeAll(prefix: string): Promise<void> {
    const folder = blobFolder(this.#root, prefix)
    await rm(folder, { recursive: true, force: true }).catch((thrown: unknown) => {
      throw fileFailure(thrown, 'remove', folder)
    })
    for (const known of this.#known)
      if (known === folder || known.startsWith(join(folder, '/'))) this.#known.delete(known)
  }

  /** Fills a temporary file and gives it the name that is known when it is full. */
  async #store(fill: (file: BlobFile) => Promise<void>, name: () => string): Promise<void> {
    const file = await BlobFile.create(join(this.#root, temporary, `${process.pid}-${randomUUID()}`))
    try {
      await fill(file)
      const path = name()
      await this.#makeFolder(dirname(path))
      await file.keep(path)
      await this.#folders.sync(dirname(path))
    } catch (thrown) {
      await file.drop()
      throw thrown
    }
  }

  async #writing<T>(path: string, write: () => Promise<T>): Promise<T> {
    this.#prepared ??= this.#prepare()
    try {
      await this.#prepared
      return await write()
    } catch (thrown) {
      throw fileFailure(thrown, 'write', path)
    }
  }

  async #prepare(): Promise<void> {
    try {
      const folder = join(this.#root, temporary)
      await this.#makeFolder(folder)
      for (const name of await readdir(folder)) {
        if (!isAlive(Number.parseInt(name, 10))) await rm(join(folder, name), { force: true })
      }
    } catch (thrown) {
      this.#prepared = null
      throw thrown
    }
  }

  /**
   * Makes a folder, and makes it durable by a sync of those that hold it. It may exist without being durable: another
   * call or process may have made it a moment ago. It may be gone although it is known: another process may remove it.
   */
  async #makeFolder(folder: string): Promise<void> {
    const first = await mkdir(folder, { recursive: true })
    if (first === undefined && this.#known.has(folder)) return
    const highest = first === undefined || first.startsWith(this.#root) ? this.#root : first
    const made = [folder]
    for (let above = folder; above !== highest && above !== dirname(above); ) {
      above = dirname(above)
      made.push(above)
    }
    await Promise.all(made.map((one) => this.#folders.sync(dirname(one))))
    for (const one of made) this.#known.add(one)
  }
}

async function* pieces(path: string, digest: string | null): AsyncIterable<Uint8Array> {
  const hash = createHash('sha256')
  const handle = await open(path).catch((thrown: unknown) => {
    throw fileFailure(thrown, 'read', path)
  })
  for await (const piece of handle.createReadStream({ highWaterMark: 256 * 1024 })) {
    const bytes = piece as Buffer
    if (digest !== null) hash.update(bytes)
    yield bytes
  }
  check(path, digest, () => hash.digest('hex'))
}

function check(path: string, promised: string | null, actual: () => string): void {
  if (promised === null || actual() === promised) return
  const message = `Cannot read "${path}": its content is not what its name promises; put it back from a backup`
  throw new WonderError('store_corrupt', message)
}

async function isThere(path: string): Promise<boolean> {
  try {
    await access(path)
    return true
  } catch (thrown) {
    if (isMissing(thrown)) return false
    throw fileFailure(thrown, 'read', path)
  }
}

function isMissing(thrown: unknown): boolean {
  return errorCode(thrown) === 'ENOENT' || errorCode(thrown) === 'ENOTDIR'
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (thrown) {
    return errorCode(thrown) !== 'ESRCH'
  }
}
