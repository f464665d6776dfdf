import { globSync } from 'node:fs'
import { relative, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { build, type Plugin } from 'esbuild'

const root = resolve(import.meta.dirname, '../../..')
const shim = resolve(import.meta.dirname, 'portable-vitest.ts')

/** Whose suites run in every runtime, as far as they exist. */
const packages = ['context', 'templates', 'engine', 'operations', 'expressions']

/** Oracles that compile by `new Function`, or read files. */
const forbidden =
  /^(?:node:|handlebars$|mustache$|ajv|@cfworker\/|json-schema-test-suite|@wonder\/driver-|@wonder\/test|@wonder\/host-)/

/** Suites that need Node or an oracle are left out; they are told by what they import. */
export type Suites = { readonly portable: readonly string[]; readonly leftOut: readonly string[] }

/** The public JSON Schema suite is read from disk here, and taken along as data. */
const suiteAsData: Plugin = {
  name: 'suite-as-data',
  setup(builder) {
    builder.onLoad({ filter: /json-schema-suite\.ts$/ }, async ({ path }) => {
      const { jsonSchemaSuite }: { readonly jsonSchemaSuite: object } = await import(pathToFileURL(path).href)
      const text = JSON.stringify(JSON.stringify(jsonSchemaSuite))
      return { contents: `export const jsonSchemaSuite = JSON.parse(${text})`, loader: 'js' }
    })
  },
}

/** The test files that need nothing but the language and web standards. */
export async function portableSuites(): Promise<Suites> {
  const files = packages.flatMap((name) => globSync(`packages/${name}/src/**/*.test.ts`, { cwd: root })).sort()
  const portable: string[] = []
  const leftOut: string[] = []
  for (const file of files) ((await needsNode(resolve(root, file))) ? leftOut : portable).push(file)
  return { portable, leftOut }
}

async function needsNode(file: string): Promise<boolean> {
  let needed = false
  const look: Plugin = {
    name: 'look',
    setup(builder) {
      builder.onResolve({ filter: forbidden }, ({ path }) => {
        needed = true
        return { path, external: true }
      })
      builder.onResolve({ filter: /^(?:vitest|fast-check|re2js|@marcbachmann\/.*)$/ }, ({ path }) => ({
        path,
        external: true,
      }))
    },
  }
  // What cannot be bundled at all, such as a driver of a database, is not portable either.
  const built = build({
    entryPoints: [file],
    bundle: true,
    write: false,
    format: 'esm',
    platform: 'neutral',
    logLevel: 'silent',
    plugins: [suiteAsData, look],
  })
  await built.catch(() => {
    needed = true
  })
  return needed
}

/** One module that runs the suites: `runSuites()` gives what passed and what failed. */
export async function bundleSuites(files: readonly string[], outfile: string): Promise<void> {
  const loads = files.map(
    (file) =>
      `  enterFile(${JSON.stringify(relative('packages', file))}); await import(${JSON.stringify(`./${file}`)})`,
  )
  const contents = `import { enterFile, runTests } from ${JSON.stringify(shim)}\nexport async function runSuites() {\n${loads.join('\n')}\n  return runTests()\n}\n`
  await build({
    stdin: { contents, resolveDir: root, loader: 'ts' },
    bundle: true,
    outfile,
    format: 'esm',
    platform: 'neutral',
    mainFields: ['module', 'main'],
    conditions: ['import', 'default'],
    target: 'es2024',
    alias: { vitest: shim },
    plugins: [suiteAsData],
    // A seed given by the environment is for repeating a failure in Node.
    define: { 'process.env': '{}' },
    logLevel: 'silent',
  })
}
