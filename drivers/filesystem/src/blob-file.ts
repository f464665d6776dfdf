import { constants } from 'node:fs'
import { type FileHandle, open, rename, rm } from 'node:fs/promises'
import { fileFailure } from './file-failure.ts'

/** A file that is being written under a temporary name; nobody sees it before keep(). */
export class BlobFile {
  readonly #path: string
  readonly #handle: FileHandle

  private constructor(path: string, handle: FileHandle) {
    this.#path = path
    this.#handle = handle
  }

  static async create(path: string): Promise<BlobFile> {
    return new BlobFile(path, await open(path, constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL))
  }

  async write(content: Uint8Array): Promise<void> {
    try {
      for (let written = 0; written < content.length; ) {
        written += (await this.#handle.write(content, written)).bytesWritten
      }
    } catch (thrown) {
      throw fileFailure(thrown, 'write', this.#path)
    }
  }

  /** Gives the file its name, once its bytes are on disk. The name is durable when its folder was synced. */
  async keep(path: string): Promise<void> {
    await this.#handle.datasync()
    await this.#handle.close()
    await rename(this.#path, path)
  }

  /** Gives the file up; for every way out but keep(). */
  async drop(): Promise<void> {
    await this.#handle.close().catch(() => {})
    await rm(this.#path, { force: true })
  }
}
