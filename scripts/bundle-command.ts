import { chmodSync, copyFileSync, cpSync, existsSync, globSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { type BuildOptions, build, type Metafile, type Plugin } from 'esbuild'
import { namingJavaScript } from './naming-javascript.ts'

const root = resolve(import.meta.dirname, '..')
const command = join(root, 'cli')

/**
 * What npm installs beside the command. A bundle cannot carry programs of the machine, and is not to carry elkjs: its
 * license (EPL-2.0) would come to hold for the file that it is in.
 */
const installed = [
  { name: 'deno', workspace: 'drivers/deno' },
  { name: 'esbuild', workspace: 'drivers/deno' },
  { name: 'elkjs', workspace: 'cli' },
] as const
/** Files that are read or started at run time; they stay beside the bundle. */
const beside = ['drivers/deno/src/harness.mjs']
/** What tools and workflows in TypeScript import: it is bundled with them, and copied for editors. */
const sdk = 'packages/sdk/src'
const workers = ['drivers/sqlite/src/journal-worker.ts', 'drivers/sqlite/src/log-worker.ts']

/**
 * Writes the command as npm publishes it: one module for what every command needs, one for each part that is loaded
 * when it is needed. To find, read and link a module costs a start 0.3 ms and more, and the sources have hundreds.
 */
export async function bundleCommand(folder: string): Promise<void> {
  const dist = join(folder, 'dist')
  mkdirSync(dist, { recursive: true })
  const shared = {
    absWorkingDir: root,
    outdir: dist,
    bundle: true,
    format: 'esm',
    platform: 'node',
    target: 'node24',
    external: installed.map(({ name }) => name),
    // The form for Node looks into process.env at each token, which is a third of the time that a file takes.
    alias: { yaml: join(root, 'node_modules/yaml/browser/dist/index.js') },
    metafile: true,
    legalComments: 'none',
    logLevel: 'silent',
    plugins: [filesBeside],
    // Packages that are no ES modules ask for Node's modules with `require`.
    banner: {
      js: `import { createRequire as requireFrom } from 'node:module'\nconst require = requireFrom(import.meta.url)`,
    },
  } as const satisfies BuildOptions
  const results = await Promise.all([
    build({ ...shared, entryPoints: ['cli/src/main.ts'], splitting: true }),
    build({ ...shared, entryPoints: workers }),
  ])
  for (const file of beside) copyFileSync(join(root, file), join(dist, file.slice(file.lastIndexOf('/') + 1)))
  mkdirSync(join(dist, 'sdk'))
  for (const file of globSync('*.ts', { cwd: join(root, sdk), exclude: ['*.test.ts'] })) {
    copyFileSync(join(root, sdk, file), join(dist, 'sdk', file))
  }
  for (const path of ['bin', 'templates', 'README.md']) {
    cpSync(join(command, path), join(folder, path), { recursive: true })
  }
  copyFileSync(join(root, 'LICENSE'), join(folder, 'LICENSE'))
  chmodSync(join(folder, 'bin/wonder'), 0o755)
  const metafiles = results.map(({ metafile }) => metafile)
  writeFileSync(join(folder, 'THIRD-PARTY-LICENSES'), licensesOf(metafiles))
  writeFileSync(join(folder, 'package.json'), `${JSON.stringify(manifest(), null, 2)}\n`)
  for (const metafile of metafiles) checkFiles(metafile)
}

const filesBeside: Plugin = {
  name: 'wonder-files-beside',
  setup(build) {
    build.onLoad({ filter: /\/(cli|drivers)\/.*\/src\/.*\.ts$|\/cli\/src\/.*\.ts$/ }, ({ path }) => {
      const text = readFileSync(path, 'utf8')
      if (!text.includes('import.meta')) return undefined
      return { contents: besideBundle(text), loader: 'ts' }
    })
  },
}

/** The source of a module with its `import.meta` answered for a bundle. */
export function besideBundle(text: string): string {
  return namingJavaScript(text)
    .replaceAll("import.meta.resolve('@wonder/sdk/tool')", "new URL('./sdk/tool.ts', import.meta.url).href")
    .replaceAll("import.meta.resolve('@wonder/sdk')", "new URL('./sdk/index.ts', import.meta.url).href")
}

/** @throws when a module names a file that is not there: it would be missed only by whoever needs it */
function checkFiles({ outputs }: Metafile): void {
  for (const file of Object.keys(outputs)) {
    const path = join(root, file)
    for (const [, name = ''] of readFileSync(path, 'utf8').matchAll(
      /new URL\(\s*['"](\.[^'"]*)['"],\s*import\.meta\.url/g,
    )) {
      if (!existsSync(join(dirname(path), name))) throw new Error(`"${file}" names "${name}", which is not beside it`)
    }
  }
}

/** The package.json of the command: everything of ours is in the bundle. */
function manifest(): object {
  const { exports: _, dependencies: __, ...about } = readManifest('cli/package.json')
  const versionOf = (workspace: string, name: string) => readManifest(`${workspace}/package.json`).dependencies?.[name]
  return {
    ...about,
    dependencies: Object.fromEntries(installed.map(({ name, workspace }) => [name, versionOf(workspace, name)])),
  }
}

type Manifest = {
  readonly version?: string
  readonly dependencies?: Readonly<Record<string, string>>
  readonly [field: string]: unknown
}

function readManifest(file: string): Manifest {
  return JSON.parse(readFileSync(join(root, file), 'utf8')) as Manifest
}

/** The licenses of the packages that are in the bundle ask to go with it. */
function licensesOf(metafiles: readonly Metafile[]): string {
  const inputs = metafiles.flatMap((metafile) => Object.keys(metafile.inputs))
  const folders = new Set(inputs.flatMap((file) => file.match(/^.*node_modules\/(?:@[^/]+\/)?[^/]+/)?.[0] ?? []))
  return [...folders]
    .sort()
    .map((folder) => {
      const name = folder.slice(folder.lastIndexOf('node_modules/') + 'node_modules/'.length)
      const { version, license } = readManifest(join(folder, 'package.json'))
      const file = ['LICENSE', 'LICENSE.md', 'LICENSE.txt', 'license', 'LICENCE', 'License', 'LICENSE-MIT'].find(
        (one) => existsSync(join(root, folder, one)),
      )
      const text = file === undefined ? `${license}` : readFileSync(join(root, folder, file), 'utf8').trim()
      return `${name} ${version}\n\n${text}\n`
    })
    .join(`\n${'-'.repeat(80)}\n\n`)
}
