/**
 * Breaks each rule of `packages/engine/test/mutants.ts` once, in a copy of the repository, and runs the tests of the kernel, of
 * the coordinator and the simulation: a rule whose breaking no test notices is told, and the exit code is 1.
 *
 *   npm run mutants                 all of them, about ten minutes
 *   npm run mutants -- leases       those whose area or rule has the word in it
 */
import { spawn } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { type Mutant, mutants } from '@wonder/engine/test'

const root = resolve(import.meta.dirname, '..')
const copied = ['packages', 'services', 'drivers', 'hosts', 'cli', 'package.json', 'tsconfig.json', 'vitest.config.ts']
/** In this order: most mutants do not get past the first. */
const tested = [['packages/engine/src'], ['packages/test/simulation', 'services/coordinator']]
/** Worlds of the simulation for each mutant. */
const worlds = '400'

const [word] = process.argv.slice(2)
const chosen = mutants.filter(({ area, rule }) => word === undefined || `${area} ${rule}`.includes(word))
const copy = copyRepository()
try {
  await main()
} finally {
  rmSync(copy, { recursive: true, force: true })
}

async function main(): Promise<void> {
  if (!(await passes())) throw new Error('The tests fail without any mutant; nothing can be told')
  const survivors: Mutant[] = []
  for (const mutant of chosen) {
    const noticed = !(await passesWith(mutant))
    if (!noticed) survivors.push(mutant)
    console.log(`${noticed ? 'noticed ' : 'SURVIVED'}  ${mutant.area.padEnd(9)}  ${mutant.rule}`)
  }
  console.log(`${chosen.length - survivors.length} of ${chosen.length} mutants were noticed`)
  if (survivors.length > 0) process.exitCode = 1
}

async function passesWith({ file, find, replace, rule }: Mutant): Promise<boolean> {
  const path = join(copy, file)
  const source = readFileSync(path, 'utf8')
  if (source.split(find).length !== 2) throw new Error(`"${rule}": the text to break does not stand once in ${file}`)
  writeFileSync(
    path,
    source.replace(find, () => replace),
  )
  try {
    return await passes()
  } finally {
    writeFileSync(path, source)
  }
}

async function passes(): Promise<boolean> {
  for (const folders of tested) if (!(await passIn(folders))) return false
  return true
}

function passIn(folders: readonly string[]): Promise<boolean> {
  const vitest = join(root, 'node_modules', 'vitest', 'vitest.mjs')
  const env = { ...process.env, SIM_SEEDS: worlds, NODE_OPTIONS: '' }
  const child = spawn(process.execPath, [vitest, 'run', '--bail=1', '--testTimeout=30000', ...folders], {
    cwd: copy,
    env,
    stdio: 'ignore',
    timeout: 120_000,
    killSignal: 'SIGKILL',
  })
  return new Promise((done, fail) => {
    child.once('error', fail)
    child.once('exit', (code) => done(code === 0))
  })
}

/** Sources are copied, libraries are linked; workspaces find the copies of each other. */
function copyRepository(): string {
  const folder = mkdtempSync(join(tmpdir(), 'wonder-mutants-'))
  for (const name of copied) {
    cpSync(join(root, name), join(folder, name), {
      recursive: true,
      filter: (path) => !path.includes('node_modules') && !path.includes('/.wonder'),
    })
  }
  cpSync(join(root, 'docs'), join(folder, 'docs'), { recursive: true })
  const libraries = join(root, 'node_modules')
  mkdirSync(join(folder, 'node_modules', '@wonder'), { recursive: true })
  for (const name of readdirSync(libraries)) {
    if (name === '@wonder') continue
    symlinkSync(join(libraries, name), join(folder, 'node_modules', name))
  }
  for (const parent of ['packages', 'services', 'drivers', 'hosts', '.']) {
    const names = parent === '.' ? ['cli'] : readdirSync(join(root, parent))
    for (const name of names) {
      const manifest = join(folder, parent, name, 'package.json')
      const { name: published } = JSON.parse(readFileSync(manifest, 'utf8')) as { readonly name: string }
      if (published.startsWith('@wonder/'))
        symlinkSync(join(folder, parent, name), join(folder, 'node_modules', published))
    }
  }
  return folder
}
