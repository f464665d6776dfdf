import { createWriteStream } from 'node:fs'
import { pipeline } from 'node:stream/promises'
import { type Artifact, RunView } from '@wonder/engine'
import { nearest, WonderError } from '@wonder/errors'
import type { LocalHost } from '@wonder/host-local'
import type { CommandContext } from '../command-context.ts'
import { findRun } from '../find-run.ts'
import { catchUp } from '../follow-run.ts'
import { withHost } from '../open-host.ts'
import type { Output } from '../output.ts'
import { formatSize } from '../quantity.ts'

export type ArtifactRequest = {
  readonly id: string
  readonly name: string | undefined
  readonly out: string | undefined
}

/** `wonder runs artifacts RUN [NAME]` */
export async function runArtifacts(context: CommandContext, request: ArtifactRequest): Promise<void> {
  const { output } = context
  if (request.out !== undefined && request.name === undefined) {
    throw new WonderError('invalid_usage', 'Cannot write to --out: name the artifact', {
      details: { hint: `See their names with: wonder runs artifacts ${request.id}` },
    })
  }
  await withHost(context, { role: 'read' }, async (host) => {
    const { id } = await findRun(host.index, request.id)
    const view = new RunView(await host.definition(id))
    await catchUp(host, id, view)
    if (request.name === undefined) {
      listArtifacts(view.artifacts, output)
      output.object({ run: id, artifacts: view.artifacts })
      return
    }
    await giveArtifact(
      host,
      { run: id, artifact: artifactNamed(view.artifacts, request.name), out: request.out },
      output,
    )
  })
}

async function giveArtifact(
  host: LocalHost,
  request: { readonly run: string; readonly artifact: Artifact; readonly out: string | undefined },
  output: Output,
): Promise<void> {
  const { run, artifact, out } = request
  const content = await host.artifact(artifact.digest, run)
  if (content === null) {
    throw new WonderError('artifact_not_found', `The content of artifact "${artifact.name}" is no longer stored`)
  }
  if (out !== undefined) {
    await pipeline(content, createWriteStream(out)).catch((cause: NodeJS.ErrnoException) => {
      const reason = cause.code === 'ENOENT' ? 'there is no such folder' : cause.message
      throw new WonderError('invalid_usage', `Cannot write "${out}": ${reason}`, { cause })
    })
    output.note(`${artifact.name} (${formatSize(artifact.size)}) was written to ${out}`)
    output.object({ run, artifact, out })
    return
  }
  if (output.json) {
    const pieces: Uint8Array[] = []
    for await (const piece of content) pieces.push(piece)
    output.object({ run, artifact, ...contentOf(Buffer.concat(pieces)) })
    return
  }
  if (output.stdout.isTTY && !isText(artifact.media_type)) {
    throw new WonderError(
      'invalid_usage',
      `Cannot show "${artifact.name}" at a terminal: it is ${artifact.media_type}`,
      {
        details: { hint: 'Write it to a file with --out FILE' },
      },
    )
  }
  for await (const piece of content) {
    if (!output.stdout.write(piece)) await new Promise((resolve) => output.stdout.once('drain', resolve))
  }
}

function contentOf(bytes: Buffer): { readonly text: string } | { readonly base64: string } {
  const text = bytes.toString('utf8')
  return Buffer.from(text, 'utf8').equals(bytes) ? { text } : { base64: bytes.toString('base64') }
}

function artifactNamed(artifacts: readonly Artifact[], name: string): Artifact {
  // A task that ran again saved the same name again: the last one counts.
  const found = artifacts.findLast((artifact) => artifact.name === name)
  if (found !== undefined) return found
  const names = artifacts.map((artifact) => artifact.name)
  const near = nearest(name, names)
  const list = names.length === 0 ? 'It has none.' : `It has: ${names.slice(0, 10).join(', ')}`
  throw new WonderError('artifact_not_found', `The run has no artifact "${name}"`, {
    details: { hint: near === undefined ? list : `Did you mean "${near}"?  ${list}` },
  })
}

function listArtifacts(artifacts: readonly Artifact[], output: Output): void {
  if (artifacts.length === 0) output.line('The run has no artifacts.')
  const width = Math.max(0, ...artifacts.map(({ name }) => name.length))
  for (const { name, size, media_type, digest } of artifacts) {
    const rest = output.paint('dim', `${media_type}  ${digest.slice(0, 19)}…`)
    output.line(`${name.padEnd(width)}  ${formatSize(size).padStart(7)}  ${rest}`)
  }
}

function isText(mediaType: string): boolean {
  return mediaType.startsWith('text/') || /[/+](json|yaml|xml|javascript)\b/.test(mediaType)
}
