import { existsSync, globSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { cruise, type IForbiddenRuleType } from 'dependency-cruiser'

type Layer = {
  /** A workspace's folder; `*` stands for one folder name. */
  readonly from: string
  /** Workspaces whose exports it may import, itself left out. */
  readonly may: readonly string[]
  /** Of these it may import types only. */
  readonly types?: readonly string[]
}

/**
 * Who may import whom: the table of docs/architecture.md as far as it is built. The first row that fits a workspace holds.
 * Tests may import more. A change of this table is a change of the design.
 */
export const layers: readonly Layer[] = [
  { from: 'packages/errors', may: [] },
  { from: 'packages/platform', may: ['packages/errors'] },
  { from: 'packages/context', may: ['packages/errors'] },
  { from: 'packages/templates', may: ['packages/errors'] },
  { from: 'packages/expressions', may: ['packages/errors'] },
  { from: 'packages/crypto', may: ['packages/errors'] },
  {
    from: 'packages/engine',
    may: ['packages/context', 'packages/templates', 'packages/expressions', 'packages/crypto', 'packages/errors'],
  },
  {
    from: 'packages/language',
    may: [
      'packages/engine',
      'packages/context',
      'packages/templates',
      'packages/expressions',
      'packages/crypto',
      'packages/errors',
    ],
    types: ['packages/platform'],
  },
  { from: 'packages/sdk', may: ['packages/errors'], types: ['packages/engine'] },
  { from: 'packages/test', may: ['packages/*', 'services/*', 'drivers/*', 'hosts/*', 'cli'] },
  {
    from: 'services/*',
    may: [
      'packages/platform',
      'packages/engine',
      'packages/language',
      'packages/context',
      'packages/templates',
      'packages/expressions',
      'packages/crypto',
      'packages/errors',
    ],
  },
  // Describes and serves the SDK's `tool` file.
  { from: 'drivers/deno', may: ['packages/platform', 'packages/errors', 'packages/sdk'] },
  { from: 'drivers/*', may: ['packages/platform', 'packages/errors'] },
  { from: 'hosts/*', may: ['packages/*', 'services/*', 'drivers/*'] },
  {
    from: 'cli',
    may: [
      'packages/platform',
      'packages/sdk',
      'packages/language',
      'packages/engine',
      'packages/errors',
      'hosts/local',
    ],
  },
]

const workspaceGlobs = ['packages/*', 'services/*', 'drivers/*', 'hosts/*', 'cli']
const cruisedFolders = ['packages', 'services', 'drivers', 'hosts', 'cli', 'scripts', 'benchmarks']
const anyWorkspace = pattern(workspaceGlobs)
const testCode = [
  '\\.(test|bench)\\.ts$',
  '^packages/test/',
  '^(packages|services|drivers|hosts)/[^/]+/(conformance|test|fixtures)/',
  '^cli/(test|fixtures)/',
]
const testLibraries = '(^|/)node_modules/(vitest|fast-check|handlebars|ajv|typebox|zod|@cfworker/json-schema)/'

/** One import, or one line of a package.json, that the table forbids. */
export type ImportProblem = { readonly rule: string; readonly from: string; readonly to: string }

/** Judges every import and every package.json of the repository in `root`. */
export async function importProblems(root: string): Promise<ImportProblem[]> {
  return [...manifestProblems(root), ...(await sourceProblems(root))]
}

/** The table, and what holds everywhere, as rules of dependency-cruiser. */
export function importRules(): IForbiddenRuleType[] {
  return [...layers.flatMap(rulesOf), ...generalRules]
}

const generalRules: IForbiddenRuleType[] = [
  {
    name: 'no-cycles',
    severity: 'error',
    from: {},
    to: { circular: true, viaOnly: { dependencyTypesNot: ['type-only'] } },
  },
  {
    name: 'portable-code-imports-nothing-of-node',
    severity: 'error',
    from: { path: '^(packages|services)/', pathNot: testCode },
    to: { dependencyTypes: ['core'] },
  },
  {
    name: 'nothing-imports-past-exports',
    comment: 'Another workspace is named by its package, never reached by a relative path.',
    severity: 'error',
    from: { path: '^((?:packages|services|drivers|hosts)/[^/]+|cli|scripts|benchmarks)/' },
    to: { path: anyWorkspace, pathNot: '^$1/', dependencyTypes: ['local'], dependencyTypesNot: ['aliased-workspace'] },
  },
  {
    name: 'nothing-imports-past-exports',
    severity: 'error',
    from: {},
    to: { path: '^@wonder/', couldNotResolve: true },
  },
  {
    name: 'test-code-is-imported-by-tests',
    severity: 'error',
    from: { path: anyWorkspace, pathNot: testCode },
    to: { path: testCode },
  },
  {
    name: 'test-libraries-are-imported-by-tests',
    severity: 'error',
    from: { path: anyWorkspace, pathNot: testCode },
    to: { path: testLibraries },
  },
]

function rulesOf(layer: Layer, index: number): IForbiddenRuleType[] {
  const types = layer.types ?? []
  const earlier = layers.slice(0, index).filter(({ from }) => covers(layer.from, from))
  const from = {
    path: `^(${folder(layer.from)})/`,
    pathNot: [...testCode, ...earlier.map((row) => `^${folder(row.from)}/`)],
  }
  const rules: IForbiddenRuleType[] = [
    {
      name: `${layer.from}-imports-only-what-the-table-allows`,
      severity: 'error',
      from,
      to: { path: anyWorkspace, pathNot: ['^$1/', ...[...layer.may, ...types].map((name) => `^${folder(name)}/`)] },
    },
  ]
  if (types.length > 0) {
    rules.push({
      name: `${layer.from}-imports-only-types`,
      severity: 'error',
      from,
      to: { path: pattern(types), dependencyTypesNot: ['type-only'] },
    })
  }
  return rules
}

async function sourceProblems(root: string): Promise<ImportProblem[]> {
  const { output } = await cruise(
    cruisedFolders.filter((name) => existsSync(join(root, name))),
    {
      baseDir: root,
      validate: true,
      ruleSet: { forbidden: importRules() },
      tsPreCompilationDeps: 'specify',
      doNotFollow: { path: 'node_modules' },
      exclude: { path: '(^|/)(node_modules/(@types|\\.)|fixtures/|\\.wonder/|templates/init/)' },
    },
    {
      extensions: ['.ts', '.js', '.mjs'],
      exportsFields: ['exports'],
      conditionNames: ['import', 'default'],
    },
  )
  if (typeof output === 'string') throw new Error(`Cannot judge the imports of ${root}: ${output}`)
  return output.summary.violations.map(({ rule, from, to, cycle }) => ({
    rule: rule.name,
    from,
    to: cycle === undefined ? to : cycle.map(({ name }) => name).join(' → '),
  }))
}

/** Dependencies in a package.json that the table forbids, and workspaces that it does not know. */
function manifestProblems(root: string): ImportProblem[] {
  const workspaces = new Map<string, Manifest>()
  for (const path of globSync(workspaceGlobs, { cwd: root })) {
    const file = join(root, path, 'package.json')
    if (existsSync(file)) workspaces.set(path, JSON.parse(readFileSync(file, 'utf8')) as Manifest)
  }
  const folders = new Map([...workspaces].map(([path, { name }]) => [name, path]))
  return [...workspaces].flatMap(([path, { dependencies = {} }]) => {
    const layer = layers.find(({ from }) => covers(from, path))
    if (layer === undefined) return [{ rule: 'every-workspace-is-in-the-table', from: path, to: 'scripts/imports.ts' }]
    const allowed = [...layer.may, ...(layer.types ?? [])]
    return Object.keys(dependencies)
      .map((name) => folders.get(name))
      .filter((to) => to !== undefined && !allowed.some((name) => covers(name, to)))
      .map((to) => ({ rule: 'dependencies-follow-the-table', from: `${path}/package.json`, to: to ?? '' }))
  })
}

type Manifest = { readonly name: string; readonly dependencies?: Readonly<Record<string, string>> }

function covers(glob: string, path: string): boolean {
  return new RegExp(`^${folder(glob)}$`).test(path)
}

function folder(glob: string): string {
  return glob.replaceAll('*', '[^/]+')
}

function pattern(globs: readonly string[]): string {
  return `^(?:${globs.map(folder).join('|')})/`
}

if (import.meta.main) {
  const problems = await importProblems(resolve(import.meta.dirname, '..'))
  for (const { rule, from, to } of problems) console.log(`${from} → ${to}  ${rule}`)
  if (problems.length > 0) process.exitCode = 1
}
