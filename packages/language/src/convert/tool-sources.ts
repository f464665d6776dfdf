import type { Tree } from '../tree.ts'
import type { Remarks } from './remarks.ts'
import { candidates, type SourceFiles } from './source-files.ts'

const IMPORT = /(?:\bfrom\s*|\bimport\s*\(?\s*)(["'])([^"'\n]+)\1/g

/** Folder of the new project into which code of the old one is copied as it is. */
const FOLDER = 'compozy'

/** Copies the code of tools, with what it imports of the project. */
export class ToolSources {
  readonly #files: SourceFiles
  readonly #remarks: Remarks
  readonly #copied = new Map<string, string>()

  constructor(files: SourceFiles, remarks: Remarks) {
    this.#files = files
    this.#remarks = remarks
  }

  get copies(): readonly (readonly [path: string, text: string])[] {
    return [...this.#copied].map(([path, text]) => [`${FOLDER}/${path}`, text] as const)
  }

  /** Texts of a file and of all that it imports. The file is there. */
  async copy(path: string, at: Tree): Promise<readonly string[]> {
    const texts: string[] = []
    const seen = new Set<string>()
    const wait = [path]
    for (let next = wait.shift(); next !== undefined; next = wait.shift()) {
      if (seen.has(next)) continue
      seen.add(next)
      const text = await this.#files.text(next)
      if (text === null) continue
      texts.push(text)
      this.#copied.set(next, text)
      for (const [, , name = ''] of text.matchAll(IMPORT)) {
        if (/^\.\.?\//.test(name)) wait.push(...(await this.#local(next, name)))
        else if (!/^(npm|node):/.test(name)) this.#foreign(name, next, at)
      }
    }
    return texts
  }

  async #local(from: string, name: string): Promise<readonly string[]> {
    const [base] = candidates(from, name)
    if (base === undefined) return []
    for (const path of [base, `${base}.ts`, `${base}.js`, `${base}/index.ts`, base.replace(/\.js$/, '.ts')])
      if ((await this.#files.text(path)) !== null) return [path]
    return []
  }

  #foreign(name: string, file: string, at: Tree): void {
    if (/^(https?|jsr):/.test(name))
      this.#remarks.decide(
        at,
        `"${file}" imports "${name}": a tool imports local files, npm: packages and node: modules.`,
      )
    else
      this.#remarks.decide(
        at,
        `"${file}" imports the package "${name}": write "npm:${name}@<version>" in compozy/${file}.`,
      )
  }
}
