import type { Json } from '@wonder/engine'
import { child, entriesOf, entryOf, jsonOf, type Tree, textOf } from '../tree.ts'
import type { Components } from './components.ts'
import { fieldsOf, type WrittenFields } from './convert-fields.ts'
import { duration } from './convert-retry.ts'
import type { Remarks } from './remarks.ts'
import { resolveSchema } from './resolve-schema.ts'
import type { SourceFiles } from './source-files.ts'
import type { ToolPermissions } from './tool-permissions.ts'
import type { UsedTool } from './tool-registry.ts'
import type { ToolSources } from './tool-sources.ts'

export type ToolSurroundings = {
  readonly files: SourceFiles
  readonly sources: ToolSources
  readonly remarks: Remarks
  readonly components: Components
  readonly permissions: ToolPermissions
  /** The file whose default export holds all tools by their ids. */
  readonly entrypoint: Tree | undefined
}

/** Writes tools/<name>.ts around the function of a tool, which is copied beside it. */
export async function writeTool({ name, tool, at, given }: UsedTool, around: ToolSurroundings): Promise<string> {
  const { remarks, components } = around
  const { tree, id } = tool
  const place = child(tree, 'id') ?? at
  const code = await codeOf(tool.id, tree, at, around)
  const input = withGiven(
    fieldsOf(await resolveSchema(child(tree, 'input'), components, around.files)),
    given,
    place,
    remarks,
  )
  const output = fieldsOf(await resolveSchema(child(tree, 'output'), components, around.files))
  const permissions = permissionsOf(code.texts, around)
  for (const key of ['env', 'timeout', 'config'] as const) {
    const entry = entryOf(tree, key)
    if (entry === undefined) continue
    const where = { file: entry.value.file, span: entry.keySpan }
    if (key === 'timeout')
      remarks.decide(
        where,
        `Set \`timeout: ${duration(entry.value, remarks)}\` on the tasks that call the tool "${id}".`,
      )
    else if (key === 'env')
      remarks.decide(where, `The values of env of the tool "${id}" were left out: give them in \`with\`.`)
    else remarks.changed(where, `The config of the tool "${id}" is handed to its function as the second argument.`)
  }
  remarks.decide(place, `tools/${name}.ts calls the function of "${id}": look at its fields and permissions.`)
  const defaults = child(tree, 'with')
  const argument =
    entriesOf(defaults).length === 0 ? 'input' : `{ ...${literal(jsonOf(defaults as Tree), 1)}, ...input }`
  const config = child(tree, 'config')
  const more = config === undefined ? '' : `, ${literal(jsonOf(config), 1)}`
  const description = (textOf(child(tree, 'description')) ?? id).trim()
  const imports = code.path === undefined ? '' : `import original from '../compozy/${code.path}'\n`
  const call = code.path === undefined ? missing(id) : `${code.call}(${argument}${more})`
  return `import { tool } from '@wonder/sdk/tool'
${imports}
export default tool({
  description: ${quote(description)},
  input: ${fieldsText(input)},
  output: ${fieldsText(output)},
  permissions: ${permissions},
  run: (${code.path === undefined ? '' : 'input'}) => ${call},
})
`
}

type Code = { readonly path: string | undefined; readonly call: string; readonly texts: readonly string[] }

async function codeOf(
  id: string,
  tree: Tree,
  at: Tree,
  { files, sources, remarks, entrypoint }: ToolSurroundings,
): Promise<Code> {
  const execute = child(tree, 'execute')
  if (execute !== undefined) {
    const path = await files.pathOf(execute)
    if (path === undefined) {
      files.problems.add({
        code: 'source_file_missing',
        message: `there is no file "${textOf(execute)}"`,
        at: execute,
        help: 'Paths begin at the file that names them, or at the folder of the project.',
      })
      return { path: undefined, call: '', texts: [] }
    }
    const texts = await sources.copy(path, execute)
    if (!/\bexport\s+default\b|\bexport\s*\{[^}]*\bas\s+default\b/.test(texts[0] ?? ''))
      remarks.decide(
        execute,
        `"${path}" has no default export: export the function of the tool "${id}" as default in compozy/${path}.`,
      )
    return { path, call: 'original', texts }
  }
  const path = entrypoint === undefined ? undefined : await files.pathOf(entrypoint)
  if (path === undefined || entrypoint === undefined || id.startsWith('cp__')) {
    const what = id.startsWith('cp__') ? 'is built into Compozy' : 'has no code'
    remarks.decide(at, `The tool "${id}" ${what}: write what it does in its file.`)
    return { path: undefined, call: '', texts: [] }
  }
  const texts = await sources.copy(path, entrypoint)
  return { path, call: /^[A-Za-z_]\w*$/.test(id) ? `original.${id}` : `original[${quote(id)}]`, texts }
}

/** What is given and not declared is taken too, as it was before. */
function withGiven(
  fields: WrittenFields | undefined,
  given: ReadonlySet<string>,
  at: Tree,
  remarks: Remarks,
): WrittenFields | undefined {
  if (fields === undefined || 'schema' in fields) return fields
  const more = [...given].filter(
    (name) => /^[A-Za-z_]\w*$/.test(name) && !fields.fields.some((field) => field.name === name),
  )
  for (const name of more)
    remarks.changed(at, `The input "${name}" is given to this tool and was not declared: it is now.`)
  return { fields: [...fields.fields, ...more.map((name) => ({ name, type: 'any?' }))] }
}

/** The permissions that the tools had together; where that was everything, what the code names. */
function permissionsOf(texts: readonly string[], { permissions }: ToolSurroundings): string {
  const hosts = [
    ...new Set(texts.flatMap((text) => [...text.matchAll(/https?:\/\/([\w.-]+)/g)].map(([, host = '']) => host))),
  ].sort()
  const names = [
    ...new Set(
      texts.flatMap((text) =>
        [...text.matchAll(/Deno\.env\.get\(["'](\w+)["']\)|process\.env\.(\w+)/g)].map(([, a, b]) => a ?? b ?? ''),
      ),
    ),
  ].sort()
  const everything: { readonly [word: string]: readonly string[] } = {
    read: ['.'],
    write: ['.'],
    net: hosts,
    env: names,
    run: [],
  }
  const written = [...permissions].flatMap(([word, list]) => {
    const values = list.length === 0 ? (everything[word] ?? []) : list
    return values.length === 0 ? [] : [`${word}: [${values.map(quote).join(', ')}]`]
  })
  return written.length === 0 ? '{}' : `{ ${written.join(', ')} }`
}

function fieldsText(fields: WrittenFields | undefined): string {
  if (fields === undefined) return '{ $schema: {} }'
  if ('schema' in fields) return `{ $schema: ${literal(fields.schema, 1)} }`
  if (fields.fields.length === 0) return '{}'
  const lines = fields.fields.map(({ name, type, description }) => {
    const text =
      typeof type === 'string' ? quote(description === undefined ? type : `${type} # ${description}`) : literal(type, 2)
    return `    ${name}: ${text},\n`
  })
  return `{\n${lines.join('')}  }`
}

function missing(id: string): string {
  return `{\n    throw new Error(${quote(`The tool "${id}" has no code yet`)})\n  }`
}

/** A value as TypeScript writes it. */
function literal(value: Json, depth: number): string {
  if (typeof value === 'string') return quote(value)
  if (typeof value !== 'object' || value === null) return String(value)
  const inner = Array.isArray(value)
    ? value.map((item) => literal(item, depth + 1))
    : Object.entries(value).map(
        ([key, item]) => `${/^[A-Za-z_$]\w*$/.test(key) ? key : quote(key)}: ${literal(item as Json, depth + 1)}`,
      )
  const [open, close] = Array.isArray(value) ? ['[', ']'] : ['{ ', ' }']
  if (inner.length === 0) return Array.isArray(value) ? '[]' : '{}'
  const line = `${open}${inner.join(', ')}${close}`
  if (line.length < 90) return line
  const indent = '  '.repeat(depth + 1)
  return `${open.trim()}\n${inner.map((item) => `${indent}${item},\n`).join('')}${'  '.repeat(depth)}${close.trim()}`
}

function quote(text: string): string {
  return `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'").replaceAll('\n', '\\n')}'`
}
