import { copyFileSync, existsSync, globSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join, relative, resolve } from 'node:path'
import ts from 'typescript'
import { bundleCommand } from './bundle-command.ts'
import { namingJavaScript } from './naming-javascript.ts'

/** Where the published form of workspaces comes from and goes to. */
export type BuildOptions = {
  /** Folders of workspaces, relative to the repository. */
  readonly workspaces: readonly string[]
  /** Gets a folder for each workspace, at the same relative path, that can be published as it is. */
  readonly outDir: string
}

const root = resolve(import.meta.dirname, '..')
const license = join(root, 'LICENSE')
const leftOut = ['node_modules', 'dist', '.wonder', 'fixtures', 'test']
  .map((folder) => `**/${folder}/**`)
  .concat('**/*.test.ts', '**/*.bench.ts')

/** The workspace that is published as a bundle. */
const command = 'cli'

/**
 * Turns workspaces into what npm publishes: JavaScript, declarations, other files as they are, and a package.json whose
 * exports point at them; the command as a bundle. Throws with the compiler's words when a file does not compile.
 */
export async function build({ workspaces, outDir }: BuildOptions): Promise<void> {
  if (workspaces.includes(command)) await bundleCommand(join(outDir, command))
  const libraries = workspaces.filter((path) => path !== command)
  if (libraries.length > 0) buildLibraries({ workspaces: libraries, outDir })
}

function buildLibraries({ workspaces, outDir }: BuildOptions): void {
  const sources = workspaces.flatMap((path) => filesOf(path).filter(isCompiled))
  compile(sources, outDir)
  for (const path of workspaces) {
    for (const file of filesOf(path)) {
      if (!isCompiled(file)) copy(file, outDir)
    }
    const manifest = JSON.parse(readFileSync(join(root, path, 'package.json'), 'utf8')) as Manifest
    writeFileSync(join(outDir, path, 'package.json'), `${JSON.stringify(publishedManifest(manifest), null, 2)}\n`)
    copyFileSync(license, join(outDir, path, 'LICENSE'))
  }
}

/** Every workspace that has code. `packages/test` serves this repository's own tests and is not published. */
export function publishedWorkspaces(): string[] {
  return globSync(['{packages,services,drivers,hosts}/*', 'cli'], { cwd: root })
    .filter((path) => path !== 'packages/test' && existsSync(join(root, path, 'src')))
    .sort()
}

type Entry = { readonly types: string; readonly default: string }
type Manifest = {
  readonly exports?: Readonly<Record<string, string>>
  readonly [field: string]: unknown
}

/** The package.json of a workspace as it is published: each entry of TypeScript becomes JavaScript with its types; what serves tests is left out. */
export function publishedManifest({ exports = {}, ...manifest }: Manifest): object {
  const entries = Object.entries(exports)
    .filter(([, file]) => !file.startsWith('./test/'))
    .map(([name, file]): [string, Entry | string] => [name, publishedEntry(file)])
  return { ...manifest, exports: Object.fromEntries(entries) }
}

function publishedEntry(file: string): Entry | string {
  if (!file.endsWith('.ts')) return file
  return { types: file.replace(/\.ts$/, '.d.ts'), default: file.replace(/\.ts$/, '.js') }
}

function filesOf(workspace: string): string[] {
  return globSync(`${workspace}/**/*`, { cwd: root, exclude: leftOut, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name !== 'package.json')
    .map((entry) => relative(root, join(entry.parentPath, entry.name)))
}

function isCompiled(file: string): boolean {
  return file.endsWith('.ts')
}

function copy(file: string, outDir: string): void {
  const target = join(outDir, file)
  mkdirSync(dirname(target), { recursive: true })
  copyFileSync(join(root, file), target)
}

function compile(files: readonly string[], outDir: string): void {
  const configFile = join(root, 'tsconfig.json')
  const { config } = ts.readConfigFile(configFile, ts.sys.readFile)
  const { options } = ts.parseJsonConfigFileContent(config, ts.sys, root, {
    noEmit: false,
    declaration: true,
    rewriteRelativeImportExtensions: true,
    allowImportingTsExtensions: false,
    rootDir: root,
    outDir,
  })
  const wanted = new Set(files.map((file) => join(root, file)))
  const program = ts.createProgram([...wanted], options)
  const errors = ts.getPreEmitDiagnostics(program)
  if (errors.length > 0) throw new Error(ts.formatDiagnostics(errors, formatHost))
  for (const source of program.getSourceFiles()) {
    if (wanted.has(source.fileName))
      program.emit(source, (file, text) => ts.sys.writeFile(file, namingJavaScript(text)))
  }
}

const formatHost: ts.FormatDiagnosticsHost = {
  getCanonicalFileName: (name) => name,
  getCurrentDirectory: () => root,
  getNewLine: () => '\n',
}

if (import.meta.main) {
  const outDir = join(root, 'dist')
  rmSync(outDir, { recursive: true, force: true })
  await build({ workspaces: publishedWorkspaces(), outDir })
  console.log(`Built ${publishedWorkspaces().length} packages into ${relative(process.cwd(), outDir)}/`)
}
