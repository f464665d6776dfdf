import type { ArtifactRef, Blobs } from '@wonder/platform'
import type { ArtifactContent } from './action.ts'
import { mediaTypeOf } from './media-type.ts'
import { redactStream } from './redact-stream.ts'
import type { Redactor } from './redactor.ts'

export type TaskArtifactsParts = {
  readonly run: string
  readonly blobs: Blobs
  readonly redactor: Redactor
  /** Throws when the work is to stop. */
  readonly check: () => void
}

/** The files that one attempt makes. Of two with one name the later counts. */
export class TaskArtifacts {
  readonly #parts: TaskArtifactsParts
  readonly #saved = new Map<string, ArtifactRef>()

  constructor(parts: TaskArtifactsParts) {
    this.#parts = parts
  }

  /** Streams the content, without its secrets, to the run's blobs. */
  async save({ name, content, mediaType }: ArtifactContent): Promise<ArtifactRef> {
    const { run, blobs, redactor } = this.#parts
    const cleanName = redactor.text(name)
    const { digest, size } = await blobs.putStream(`runs/${run}`, this.#clean(content))
    const artifact = { name: cleanName, digest, size, mediaType: mediaType ?? mediaTypeOf(name) }
    this.#saved.set(cleanName, artifact)
    return artifact
  }

  get list(): readonly ArtifactRef[] {
    return [...this.#saved.values()]
  }

  async *#clean(content: ArtifactContent['content']): AsyncIterable<Uint8Array> {
    const { redactor, check } = this.#parts
    if (typeof content === 'string') {
      yield new TextEncoder().encode(redactor.text(content))
      return
    }
    for await (const piece of redactor.idle ? content : redactStream(content, redactor)) {
      check()
      yield piece
    }
  }
}
