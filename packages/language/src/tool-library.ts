import { nearest, SourceError, WonderError } from '@wonder/errors'
import type { ToolBundle } from '@wonder/platform'
import type { LibraryTool } from './library.ts'
import type { Problems } from './problems.ts'
import type { ProjectSource } from './project.ts'
import { type Fields, fieldsFromJson } from './read-fields.ts'
import { SourceText } from './source-text.ts'
import { isAllowed } from './work-compiler.ts'

const PERMISSIONS = ['read', 'write', 'net', 'env', 'run']

/** Asks the tools of a project what they are, and checks what they say. */
export class ToolLibrary {
  readonly #source: ProjectSource
  readonly #allowed: readonly string[] | undefined
  readonly #problems: Problems

  /** `allowed`: hosts that may be reached; undefined when the project names none. */
  constructor(source: ProjectSource, allowed: readonly string[] | undefined, problems: Problems) {
    this.#source = source
    this.#allowed = allowed
    this.#problems = problems
  }

  /**
   * All tools by name. Those that are used are described, or with `everything` all of them; a file beside them that
   * is no tool is then only worth a warning.
   */
  async describe(
    paths: readonly string[],
    used: ReadonlySet<string>,
    everything: boolean,
  ): Promise<ReadonlyMap<string, LibraryTool>> {
    const tools = new Map<string, LibraryTool>()
    const files = new Map<string, string>()
    for (const path of paths.filter(isTool)) {
      const name = toolName(path)
      const first = files.get(name)
      if (first === undefined) files.set(name, path)
      else this.#duplicate(name, path, first)
    }
    const asked = [...files].filter(([name]) => everything || used.has(name))
    const known = new Map(
      await Promise.all(asked.map(async ([name, file]) => [name, await this.#tool(file, used.has(name))] as const)),
    )
    for (const [name, file] of files) tools.set(name, { file, known: known.get(name) })
    return tools
  }

  async #tool(path: string, isUsed: boolean): Promise<LibraryTool['known']> {
    let bundle: ToolBundle
    try {
      bundle = await this.#source.tool(path)
    } catch (thrown) {
      if (!(thrown instanceof WonderError)) throw thrown
      await this.#toolProblem(path, thrown, isUsed)
      return undefined
    }
    const { input, output, permissions } = bundle.description
    const fields = fieldsFromJson(input)
    const gives = fieldsFromJson(output)
    for (const [name, read] of [
      ['input', fields],
      ['output', gives],
    ] as const) {
      if (typeof read === 'string')
        await this.#invalidTool(path, `"${name}" of this tool: ${read}`, new RegExp(`\\b${name}\\s*:`))
    }
    if (typeof fields === 'string' || typeof gives === 'string') return undefined
    for (const kind of Object.keys(permissions)) await this.#permission(path, kind)
    await this.#toolHosts(path, permissions.net ?? [])
    await this.#toolInputs(path, Object.values(permissions).flat(), fields)
    return { bundle, input: fields.schema, output: gives.schema }
  }

  async #toolProblem(path: string, thrown: WonderError, isUsed: boolean): Promise<void> {
    const file = new SourceText(path, (await this.#source.read(path)) ?? '')
    const place = thrown instanceof SourceError ? thrown.position : { line: 1, column: 1, length: 1 }
    const start = file.offsetOf(place.line, place.column)
    this.#problems.add({
      code: thrown.code,
      severity: isUsed ? 'error' : 'warning',
      message: thrown.message,
      at: { file, span: { start, end: start + place.length } },
    })
  }

  async #invalidTool(path: string, message: string, place: RegExp, help?: string): Promise<void> {
    const file = new SourceText(path, (await this.#source.read(path)) ?? '')
    const found = place.exec(file.text)
    const start = found?.index ?? 0
    this.#problems.add({
      code: 'tool_invalid',
      message,
      at: { file, span: { start, end: start + (found?.[0].length ?? 1) } },
      help,
    })
  }

  async #permission(path: string, kind: string): Promise<void> {
    if (PERMISSIONS.includes(kind)) return
    const near = nearest(kind, PERMISSIONS)
    const help = near === undefined ? `They are ${PERMISSIONS.join(', ')}.` : `Did you mean "${near}"?`
    await this.#invalidTool(path, `there is no permission "${kind}"`, new RegExp(`\\b${kind}\\b`), help)
  }

  async #toolHosts(path: string, hosts: readonly string[]): Promise<void> {
    const allowed = this.#allowed
    if (allowed === undefined) return
    for (const host of hosts) {
      const name = host.replace(/:\d+$/, '')
      if (host.includes('{{') || isAllowed(name.toLowerCase(), allowed)) continue
      const file = new SourceText(path, (await this.#source.read(path)) ?? '')
      const start = Math.max(0, file.text.indexOf(host))
      this.#problems.add({
        code: 'forbidden_host',
        message: `the project does not allow to reach "${name}"`,
        at: { file, span: { start, end: start + host.length } },
        help: `Add it in wonder.yaml: settings: { network: { allow: [${[...allowed, name].join(', ')}] } }.`,
      })
    }
  }

  /** Permissions may name inputs of the tool: those that it has. */
  async #toolInputs(path: string, texts: readonly string[], { schema }: Fields): Promise<void> {
    if (typeof schema === 'boolean' || schema.additionalProperties !== false) return
    const names = Object.keys(schema.properties ?? {})
    for (const text of texts) {
      for (const [, name = ''] of text.matchAll(/\{\{\s*input\.(\w+)/g)) {
        if (names.includes(name)) continue
        const near = nearest(name, names)
        const file = new SourceText(path, (await this.#source.read(path)) ?? '')
        const start = Math.max(0, file.text.indexOf(text) + text.indexOf(`input.${name}`))
        this.#problems.add({
          code: 'unknown_input',
          message: `a permission reads the input "${name}", which this tool does not have`,
          at: { file, span: { start, end: start + name.length + 6 } },
          help: near === undefined ? `Its inputs are ${names.join(', ')}.` : `Did you mean "${near}"?`,
        })
      }
    }
  }

  #duplicate(name: string, path: string, first: string): void {
    const at = { file: new SourceText(path, ''), span: { start: 0, end: 1 } }
    const message = `the id "${name}" is taken by the tool in ${first}`
    this.#problems.add({
      code: 'duplicate_id',
      message,
      at,
      help: 'A tool is named after its file: rename one of the two.',
    })
  }
}

function isTool(path: string): boolean {
  return !/\.(test|spec|d)\.ts$/.test(path)
}

/** A tool is named after its file. */
function toolName(path: string): string {
  return (path.split('/').at(-1) ?? path).replace(/\.[jt]s$/, '')
}
