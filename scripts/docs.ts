import { globSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { basename, dirname, resolve } from 'node:path'
import { type CatalogueEntry, catalogue } from '@wonder/errors'
import { generateSchemas } from '@wonder/language'

const root = resolve(import.meta.dirname, '..')
const areaFiles = 'packages/errors/src/catalogue/*.ts'

/** A group of error codes: one file of the catalogue. */
export type Area = {
  readonly name: string
  /** One sentence: what its codes have in common. */
  readonly about: string
  readonly entries: Readonly<Record<string, CatalogueEntry>>
}

/** A file that is made from code: its path from the repository's folder, and its text. */
export type Page = { readonly path: string; readonly text: string }

/** Every file that `npm run docs` writes: the error codes, and the JSON Schemas with which editors read a project's YAML. */
export async function generatedPages(): Promise<Page[]> {
  const schemas = Object.entries(generateSchemas()).map(([name, schema]) => ({
    path: `schemas/${name}`,
    text: `${JSON.stringify(schema, null, 2)}\n`,
  }))
  return [{ path: 'docs/errors.md', text: errorsPage(await readAreas()) }, ...schemas]
}

async function readAreas(): Promise<Area[]> {
  const areas: Area[] = []
  for (const path of globSync(areaFiles, { cwd: root }).sort()) {
    if (path.endsWith('.test.ts')) continue
    const exported: Record<string, unknown> = await import(resolve(root, path))
    const [rows, ...others] = Object.values(exported)
    if (!isRecord(rows) || others.length > 0) throw new Error(`Cannot read ${path}: it must export one list of codes`)
    const entries = Object.fromEntries(Object.entries(catalogue).filter(([code]) => Object.hasOwn(rows, code)))
    const about = /^\/\*\* (.+) \*\/$/m.exec(readFileSync(resolve(root, path), 'utf8'))?.[1] ?? ''
    areas.push({ name: basename(path, '.ts'), about, entries })
  }
  return areas
}

/** The reference of all error codes, as Markdown. */
export function errorsPage(areas: readonly Area[]): string {
  const parts = [
    '# Errors',
    'Every error of Wonder has a code that does not change. `wonder explain CODE` shows its row. This page is made from `packages/errors/src/catalogue/` by `npm run docs`; edit it there.',
    '- **exit**: the exit code of the command line: 1 failure, 2 verification, 4 a person is needed, 5 acceptance, 6 invalid input, 8 unsafe operation, 130 interrupted (resumable).\n- **retry**: may the same thing be tried again: never, safe (at once), after (once some time has passed).',
    ...areas.map(areaSection),
  ]
  return `${parts.join('\n\n')}\n`
}

function areaSection({ name, about, entries }: Area): string {
  const codes = Object.entries(entries).sort(([a], [b]) => (a < b ? -1 : 1))
  const rows = codes.map(([code, entry]) => {
    const { title, exit, status, retry, cause, fix } = entry
    return row([`<a id="${code}"></a>\`${code}\``, title, String(exit), String(status), retry, cause, fix])
  })
  const header = [row(['code', 'what', 'exit', 'HTTP', 'retry', 'cause', 'fix']), row(Array(7).fill('---'))]
  return [`## ${name}`, about, [...header, ...rows].join('\n'), ...codes.flatMap(exampleOf)].join('\n\n')
}

function row(cells: readonly string[]): string {
  return `| ${cells.map((cell) => cell.replaceAll('|', '\\|').replaceAll('\n', ' ')).join(' | ')} |`
}

function exampleOf([code, { example }]: readonly [string, CatalogueEntry]): string[] {
  if (example === undefined) return []
  return [`### Example: ${code}\n\nWrong:\n\n${fenced(example.wrong)}\n\nRight:\n\n${fenced(example.right)}`]
}

function fenced(text: string): string {
  return `\`\`\`\n${text.trimEnd()}\n\`\`\``
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null
}

if (import.meta.main) {
  const check = process.argv.includes('--check')
  for (const { path, text } of await generatedPages()) {
    const file = resolve(root, path)
    if (check) {
      if (currentText(file) === text) continue
      console.log(`${path} is not what \`npm run docs\` makes`)
      process.exitCode = 1
    } else {
      mkdirSync(dirname(file), { recursive: true })
      writeFileSync(file, text)
    }
  }
}

function currentText(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    return undefined
  }
}
