import { existsSync } from 'node:fs'
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises'
import { basename, dirname, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { projectSchemas } from './project-schemas.ts'

export type WrittenProject =
  | { readonly status: 'written'; readonly folder: string; readonly files: readonly string[] }
  | { readonly status: 'exists'; readonly folder: string; readonly files: readonly string[] }

const templates = fileURLToPath(new URL('../templates/init/', import.meta.url))

/** Writes a new project into `target`; when one of its files is there already, nothing is written. */
export async function writeProject(target: string): Promise<WrittenProject> {
  const folder = resolve(target)
  const files = new Map([...(await templateFiles(folder)), ...(await editorFiles())])
  const existing = [...files.keys()].filter((file) => existsSync(join(folder, file)))
  if (existing.length > 0) return { status: 'exists', folder, files: existing.sort() }
  for (const [file, content] of files) {
    const path = join(folder, file)
    await mkdir(dirname(path), { recursive: true })
    await writeFile(path, content, { flag: 'wx' })
  }
  return { status: 'written', folder, files: [...files.keys()].sort() }
}

/** The files of templates/init. Names that begin with `_` stand for a dot, so that our own tools do not obey them. */
async function templateFiles(folder: string): Promise<Map<string, string>> {
  const files = new Map<string, string>()
  for (const entry of await readdir(templates, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue
    const path = join(entry.parentPath, entry.name)
    const text = await readFile(path, 'utf8')
    const file = path
      .slice(templates.length)
      .replaceAll('\\', '/')
      .replace(/(^|\/)_/g, '$1.')
    files.set(file, text.replaceAll('__NAME__', projectName(folder)))
  }
  return files
}

/** What editors need to complete and check, made from what this version of Wonder knows. */
async function editorFiles(): Promise<Map<string, string>> {
  const files = new Map<string, string>()
  for (const [file, schema] of await projectSchemas()) {
    files.set(`schemas/${file}`, `${JSON.stringify(schema, null, 2)}\n`)
  }
  const sdk = dirname(fileURLToPath(import.meta.resolve('@wonder/sdk')))
  for (const file of (await readdir(sdk)).filter((name) => /^[\w-]+\.ts$/.test(name)).sort()) {
    const text = await readFile(join(sdk, file), 'utf8')
    const note = '// For editors only: a copy of the `@wonder/sdk` that Wonder supplies. Do not change it.'
    files.set(`types/wonder-sdk/${file}`, `${note}\n${text}`)
  }
  return files
}

/** The folder's name as a project's name: letters, digits and underscores. */
export function projectName(folder: string): string {
  const name = basename(folder)
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '_')
    .replace(/^[^a-z]+|_+$/g, '')
  return name === '' ? 'my_project' : name
}
