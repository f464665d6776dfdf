// Installs what is missing and starts the suite. Plain JavaScript with builtins alone: it runs on whatever Node the
// machine has (20 or newer), while everything that it starts runs on the pinned one.
import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { delimiter, dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = dirname(dirname(fileURLToPath(import.meta.url)))
const pinnedNode = join(root, 'node_modules', '.bin', 'node')
const inherit = { cwd: root, stdio: ['ignore', 'inherit', 'inherit'] }

installModules()
installPrograms({ git: 'git', bwrap: 'bubblewrap', tmux: 'tmux', psql: 'postgresql' })

const suite = spawnSync(pinnedNode, [join('scripts', 'suite.ts')], inherit)
if (suite.error) fail(`Cannot run ${pinnedNode}: ${suite.error.message}`)
process.exit(suite.status ?? 1)

/**
 * What the lock file pins, without changing it. Not `npm ci`: that refuses a lock file without the builds of Biome and
 * oxc-parser for other systems, and a registry that does not have them cannot put them there.
 */
function installModules() {
  if (existsSync(pinnedNode)) return
  console.log('> npm install')
  const { status } = spawnSync('npm', ['install', '--no-save'], inherit)
  if (status !== 0) fail('Cannot install the dependencies: npm install failed')
}

/** Debian packages that some tests use, by program. Without one those tests are skipped, and say so. */
function installPrograms(packages) {
  const missing = Object.keys(packages).filter((program) => !isInstalled(program))
  if (missing.length === 0) return
  if (process.getuid?.() === 0 && isInstalled('apt-get')) {
    const names = missing.map((program) => packages[program])
    console.log(`> apt-get install ${names.join(' ')}`)
    const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' }
    const options = { env, stdio: ['ignore', 'ignore', 'inherit'], timeout: 180_000 }
    spawnSync('apt-get', ['update', '-qq'], options)
    spawnSync('apt-get', ['install', '-y', '-qq', '--no-install-recommends', ...names], options)
  }
  for (const program of missing) {
    if (!isInstalled(program)) console.log(`${program} is not installed: the tests that need it are skipped`)
  }
}

function isInstalled(program) {
  return (process.env.PATH ?? '').split(delimiter).some((folder) => existsSync(join(folder, program)))
}

function fail(reason) {
  console.error(reason)
  console.log('0 passed, 1 failed, 0 skipped')
  process.exit(1)
}
