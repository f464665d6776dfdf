import type { Problems } from '../problems.ts'
import { readYaml } from '../read-yaml.ts'
import { SourceText } from '../source-text.ts'
import { describeTree, type MapTree, type Tree, textOf } from '../tree.ts'
import type { ForeignFiles } from './conversion.ts'

/** Reads the files of the other project, each once. */
export class SourceFiles {
  readonly problems: Problems
  readonly #files: ForeignFiles
  readonly #trees = new Map<string, MapTree | undefined>()

  constructor(files: ForeignFiles, problems: Problems) {
    this.#files = files
    this.problems = problems
  }

  text(path: string): Promise<string | null> {
    return this.#files.read(path)
  }

  find(patterns: readonly string[]): Promise<readonly string[]> {
    return this.#files.find(patterns)
  }

  /** The YAML file that a text names, sought beside its own file and then from the project's folder. */
  async named(by: Tree, path = textOf(by) ?? ''): Promise<MapTree | undefined> {
    for (const candidate of candidates(by.file.path, path)) {
      const text = await this.#files.read(candidate)
      if (text !== null) return this.#read(candidate, text)
    }
    this.problems.add({
      code: 'source_file_missing',
      message: `there is no file "${path}"`,
      at: by,
      help: 'Paths begin at the file that names them, or at the folder of the project.',
    })
    return undefined
  }

  /** A file that may be missing. */
  async optional(path: string): Promise<MapTree | undefined> {
    const text = await this.#files.read(path)
    return text === null ? undefined : this.#read(path, text)
  }

  /** The path of a file that a text names; undefined when there is none. */
  async pathOf(by: Tree, path = textOf(by) ?? ''): Promise<string | undefined> {
    for (const candidate of candidates(by.file.path, path))
      if ((await this.#files.read(candidate)) !== null) return candidate
    return undefined
  }

  #read(path: string, text: string): MapTree | undefined {
    if (this.#trees.has(path)) return this.#trees.get(path)
    const tree = readYaml(new SourceText(path, text), this.problems)
    if (tree !== undefined && tree.kind !== 'map') {
      this.problems.add({
        code: 'source_invalid',
        message: `this file must be a map, and it is ${describeTree(tree)}`,
        at: tree,
      })
    }
    const map = tree?.kind === 'map' ? tree : undefined
    this.#trees.set(path, map)
    return map
  }
}

/** Paths that `path`, written in the file `from`, may mean; those that leave the project are none. */
export function candidates(from: string, path: string): readonly string[] {
  const folder = from.split('/').slice(0, -1)
  return [...new Set([normal([...folder, ...path.split('/')]), normal(path.split('/'))])].flatMap(
    (found) => found ?? [],
  )
}

function normal(parts: readonly string[]): string | undefined {
  const kept: string[] = []
  for (const part of parts) {
    if (part === '' || part === '.') continue
    if (part !== '..') kept.push(part)
    else if (kept.pop() === undefined) return undefined
  }
  return kept.length === 0 ? undefined : kept.join('/')
}
