import { readFile } from 'node:fs/promises'
import { basename } from 'node:path'
import { type ErrorDetails, positionAt, SourceError, WonderError } from '@wonder/errors'
import type { BuiltDocument } from '@wonder/platform'
import { type BuiltTool, buildFile, fileInvalid } from './bundle-tool.ts'

const code = 'workflow_file_invalid'

/** What the module that is bundled in front of a file gives: the file's default export, and where its parts were made. */
type Evaluated = {
  readonly document: BuiltDocument['document']
  /** Stacks by pointer; null when no builder made the document. */
  readonly sites: { readonly [pointer: string]: string } | null
}

/** A tool that gives what the file exports: it is evaluated as tools are called, without any permission. */
export function buildDocument(file: string): Promise<BuiltTool> {
  const entry = [
    `import * as file from ${JSON.stringify(`./${basename(file)}`)}`,
    `import { sitesOf } from '@wonder/sdk'`,
    `import { tool } from '@wonder/sdk/tool'`,
    `const made = file['default']`,
    `const sites = sitesOf(made) ?? null`,
    `export default tool({`,
    `  description: 'A document.',`,
    `  output: { document: 'any', sites: 'any' },`,
    `  run: () => ({ document: sites === null ? null : made, sites }),`,
    `})`,
  ]
  return buildFile(file, { code, entry: entry.join('\n') })
}

/** The document, with the line and column of each part that was made in the file itself. */
export async function placedDocument(file: string, { document, sites }: Evaluated): Promise<BuiltDocument> {
  if (sites === null) {
    const reason =
      'its default export was not made by workflow() of @wonder/sdk; end it with: export default workflow({ … }, …)'
    throw await fileInvalid(code, { file, reason, marker: 'export default' })
  }
  const places = Object.entries(sites).flatMap(([pointer, stack]) => {
    const place = placeIn(file, stack)
    return place === undefined ? [] : [[pointer, place] as const]
  })
  return { document, places: Object.fromEntries(places) }
}

/** Why a file that does not come to an end cannot be used; the time in milliseconds. */
export function notLoaded(loadTime: number): string {
  return `it did not finish loading within ${loadTime / 1_000} s: is there a loop in it that does not end?`
}

/** Why a file could not be evaluated, at the line of it that failed. */
export async function documentInvalid(file: string, error: unknown, loadTime: number): Promise<unknown> {
  if (error instanceof DOMException && error.name === 'TimeoutError') {
    return fileInvalid(code, { file, reason: notLoaded(loadTime) })
  }
  if (!(error instanceof WonderError) || error instanceof SourceError) return error
  if (error.code === 'tool_runtime_unavailable') return error
  const said = error.message.replace(/^Tool "[^"]*" (failed: )?/, '').replace(/ \(\S+:\d+:\d+\)$/, '')
  const forbidden = error.code === 'tool_forbidden'
  const reason = forbidden
    ? `it ${said.replace(/( \(\S+:\d+:\d+\))?: to allow it.*$/, '')}: it is evaluated without any permission`
    : said
  const stack = Array.isArray(error.details.stack) ? error.details.stack.join('\n') : ''
  const place = placeIn(file, stack)
  if (place === undefined) return fileInvalid(code, { file, reason })
  const source = await readFile(file, 'utf8').catch(() => '')
  const before = source.split('\n').slice(0, place.line - 1)
  const position = positionAt(
    source,
    before.reduce((sum, line) => sum + line.length + 1, place.column - 1),
  )
  const details: ErrorDetails = { file, line: place.line, column: place.column }
  const at = `${basename(file)}:${place.line}:${place.column}`
  return new SourceError(code, `Cannot use workflow file ${at}: ${reason}`, position, { details })
}

/** The first frame of a stack that is in the file. Bundles name it as if it stood in their own folder. */
function placeIn(file: string, stack: string): { readonly line: number; readonly column: number } | undefined {
  const name = basename(file).replace(/[.*+?^${}()|[\]\\]/g, '\\$&')
  const found = new RegExp(`(?:/tool-bundles/|[ (])${name}:(\\d+):(\\d+)`).exec(stack)
  return found === null ? undefined : { line: Number(found[1]), column: Number(found[2]) }
}
