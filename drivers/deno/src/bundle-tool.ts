import { readFile } from 'node:fs/promises'
import { builtinModules } from 'node:module'
import { basename, dirname, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { type ErrorCode, type ErrorDetails, positionAt, SourceError } from '@wonder/errors'
import type { Message, Plugin } from 'esbuild'

export type BuiltTool = {
  readonly code: string
  /** Absolute paths of all files that went into `code`. */
  readonly inputs: readonly string[]
}

const sdk = {
  '@wonder/sdk': fileURLToPath(import.meta.resolve('@wonder/sdk')),
  '@wonder/sdk/tool': fileURLToPath(import.meta.resolve('@wonder/sdk/tool')),
}
/** A module that is made for a file, and is no file. */
const entryName = '<entry>'
const builtins = new Set(builtinModules)

/** What a file is bundled for: which error tells that it cannot be, and what is bundled in front of it. */
type Purpose = { readonly code: ErrorCode; readonly entry?: string }

/** One module of a tool's file, its local imports and `@wonder/sdk`. `npm:` and `node:` imports are left to Deno. */
export function buildTool(file: string): Promise<BuiltTool> {
  return buildFile(file, { code: 'tool_invalid' })
}

/** The same of a file and a module `entry` in the same folder, which imports it. */
export async function buildFile(file: string, purpose: Purpose): Promise<BuiltTool> {
  // Loaded here, so that a process whose tools are all in the cache never loads it.
  const { build } = await import('esbuild')
  const folder = dirname(file)
  try {
    const result = await build({
      ...(purpose.entry === undefined
        ? { entryPoints: [basename(file)] }
        : { stdin: { contents: purpose.entry, resolveDir: folder, sourcefile: entryName } }),
      absWorkingDir: folder,
      bundle: true,
      write: false,
      metafile: true,
      format: 'esm',
      platform: 'node',
      target: 'esnext',
      sourcemap: 'inline',
      sourcesContent: false,
      // What an editor is told must not change what a tool is.
      tsconfigRaw: '{}',
      logLevel: 'silent',
      plugins: [imports],
    })
    const [output] = result.outputFiles
    return {
      code: output?.text ?? '',
      inputs: Object.keys(result.metafile.inputs)
        .filter((path) => path !== entryName)
        .map((path) => resolve(folder, path)),
    }
  } catch (error) {
    throw await compileError(file, error, purpose.code)
  }
}

/** A mistake in a tool's file as a whole; `marker` is the text that it is about. */
export function toolInvalid(file: string, reason: string, marker?: string): Promise<SourceError> {
  return fileInvalid('tool_invalid', { file, reason, marker })
}

/** The same for any file. */
export async function fileInvalid(
  code: ErrorCode,
  { file, reason, marker }: { readonly file: string; readonly reason: string; readonly marker?: string | undefined },
): Promise<SourceError> {
  const source = await readFile(file, 'utf8').catch(() => '')
  const offset = Math.max(0, marker === undefined ? 0 : source.indexOf(marker))
  const length = marker !== undefined && source.includes(marker) ? marker.length : 1
  return sourceError(code, { file, reason, source, offset, length })
}

const imports: Plugin = {
  name: 'wonder-tool-imports',
  setup(build) {
    build.onResolve({ filter: /^@wonder\/sdk$/ }, () => ({ path: sdk['@wonder/sdk'] }))
    build.onResolve({ filter: /^@wonder\/sdk\/tool$/ }, () => ({ path: sdk['@wonder/sdk/tool'] }))
    build.onResolve({ filter: /^(npm|node):/ }, ({ path }) => ({ path, external: true }))
    build.onResolve({ filter: /^(jsr|https?|file|data|blob):/ }, ({ path }) => ({
      errors: [{ text: `Cannot import "${path}": a tool imports local files, npm: packages and node: modules` }],
    }))
    build.onResolve({ filter: /^[^./]/ }, async ({ path, resolveDir, kind, pluginData }) => {
      if (kind === 'entry-point' || pluginData === imports) return undefined
      if (builtins.has(path)) return { path: `node:${path}`, external: true }
      const found = await build.resolve(path, { resolveDir, kind, pluginData: imports })
      if (found.errors.length === 0) return found
      return {
        errors: [{ text: `Cannot find the package "${path}": write "npm:${path}@<version>" to have it fetched` }],
      }
    })
  },
}

async function compileError(file: string, error: unknown, code: ErrorCode): Promise<SourceError> {
  const messages = error instanceof Error && 'errors' in error && Array.isArray(error.errors) ? error.errors : []
  const [first] = messages as readonly Message[]
  const whole = error instanceof Error ? error.message : String(error)
  if (first === undefined) return fileInvalid(code, { file, reason: whole })
  const place = first.location
  if (place === null) return fileInvalid(code, { file, reason: first.text })
  const path = resolve(dirname(file), place.file)
  const source = await readFile(path, 'utf8').catch(() => place.lineText)
  // esbuild counts columns in bytes of UTF-8.
  const column = new TextDecoder().decode(new TextEncoder().encode(place.lineText).slice(0, place.column)).length
  const lines = source.split('\n').slice(0, place.line - 1)
  const offset = lines.reduce((sum, line) => sum + line.length + 1, 0) + column
  return sourceError(code, { file: path, reason: first.text, source, offset, length: Math.max(1, place.length) })
}

function sourceError(
  code: ErrorCode,
  mistake: {
    readonly file: string
    readonly reason: string
    readonly source: string
    readonly offset: number
    readonly length: number
  },
): SourceError {
  const position = positionAt(mistake.source, mistake.offset, mistake.length)
  const details: ErrorDetails = { file: mistake.file, line: position.line, column: position.column }
  const at = `${basename(mistake.file)}:${position.line}:${position.column}`
  const what = code === 'tool_invalid' ? 'tool file' : 'workflow file'
  return new SourceError(code, `Cannot use ${what} ${at}: ${mistake.reason}`, position, { details })
}
