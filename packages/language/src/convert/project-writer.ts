import { child, entriesOf, entryOf, type MapTree, textOf } from '../tree.ts'
import { policyOf, retryNode } from './convert-retry.ts'
import { idOf } from './names.ts'
import type { Remarks } from './remarks.ts'
import { authorText, isPlain } from './workflow-converter.ts'
import { listOf, MapWriter, nodeOf, yamlText } from './yaml-writer.ts'

const SILENT = new Set([
  'name',
  'version',
  'description',
  'author',
  'workflows',
  'environments',
  'env',
  'tools',
  'agents',
  'schemas',
  'models',
  'providers',
  'runtime',
  'autoload',
  'config',
  'opts',
  'retry_policy',
])

/** Writes wonder.yaml. */
export class ProjectWriter {
  readonly #tree: MapTree
  readonly #remarks: Remarks

  constructor(tree: MapTree, remarks: Remarks) {
    this.#tree = tree
    this.#remarks = remarks
  }

  write(secrets: ReadonlySet<string>): string {
    const tree = this.#tree
    const name = textOf(child(tree, 'name')) ?? 'project'
    const map = new MapWriter().set('wonder', 1).set('name', idOf(name), entryOf(tree, 'name'))
    if (idOf(name) !== name)
      this.#remarks.changed(child(tree, 'name') ?? tree, `The project "${name}" is named "${idOf(name)}".`)
    for (const key of ['version', 'description'] as const) {
      const entry = entryOf(tree, key)
      if (entry !== undefined && entry.value.kind === 'scalar') map.set(key, String(entry.value.value), entry)
    }
    if (secrets.size > 0) {
      map.set('secrets', listOf([...secrets].sort(), true))
      this.#remarks.decide(
        tree,
        `Values that only the environment gave are secrets now (${[...secrets].sort().join(', ')}): give those that are none under \`env\`.`,
      )
    }
    const env = new MapWriter()
    for (const entry of entriesOf(child(tree, 'env')))
      if (isPlain(entry.value) && entry.value.kind === 'scalar') env.set(entry.key, entry.value.value, entry)
    if (!env.empty) map.set('env', env.node, entryOf(tree, 'env'))
    const retry = retryNode(undefined, policyOf(tree), this.#remarks)
    if (retry !== undefined) map.set('defaults', new MapWriter().set('retry', retry).node)
    const environments = this.#environments()
    if (!environments.empty) map.set('environments', environments.node, entryOf(tree, 'environments'))
    this.#left()
    const author = entryOf(tree, 'author')
    if (author !== undefined) this.#remarks.changed(author.value, 'The author stands in the head of wonder.yaml.')
    return yamlText(map.node, author === undefined ? undefined : ` Author: ${authorText(author.value)}`)
  }

  #environments(): MapWriter {
    const map = new MapWriter()
    for (const entry of entriesOf(child(this.#tree, 'environments'))) {
      const one = new MapWriter()
      for (const field of entriesOf(entry.value)) {
        const at = { file: field.value.file, span: field.keySpan }
        if (field.key === 'env_file') {
          one.set('env_file', textOf(field.value) ?? '', field)
          this.#remarks.decide(
            at,
            `Copy "${textOf(field.value)}" beside wonder.yaml: files with secrets are not converted.`,
          )
        } else if (field.key === 'log_level')
          this.#remarks.changed(at, 'The level of logs belongs to the host and was left out.')
        else this.#remarks.decide(at, `"${field.key}" of the environment "${entry.key}" was left out.`)
      }
      map.set(idOf(entry.key), one.empty ? nodeOf({}) : one.node, entry)
    }
    return map
  }

  #left(): void {
    for (const { key, keySpan, value } of this.#tree.entries) {
      const at = { file: value.file, span: keySpan }
      if (key === 'dependencies')
        this.#remarks.decide(at, 'Packages are not converted: copy what they hold into the project.')
      else if (!SILENT.has(key)) this.#remarks.decide(at, `"${key}" of the project was left out.`)
    }
  }
}
