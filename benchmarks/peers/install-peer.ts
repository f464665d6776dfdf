import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'

export type PeerPlan = {
  /** Its file beside this one. */
  readonly name: string
  readonly title: string
  readonly packages: Readonly<Record<string, string>>
  /** A package with a compiled part, which is compiled for this Node when none fits. */
  readonly native?: string
  /** A Debian package and its program. */
  readonly program?: string
}

/** Installs a peer outside this repository, once for each set of versions: its folder. Throws why it cannot. */
export function installPeer({ name, packages, native, program }: PeerPlan): string {
  if (program !== undefined) installProgram(program)
  const hash = createHash('sha256')
    .update(JSON.stringify([packages, process.version]))
    .digest('hex')
    .slice(0, 12)
  const folder = join(tmpdir(), `wonder-peers-${hash}`, name)
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  if (statSync(folder).uid !== process.getuid?.()) throw new Error(`${folder} belongs to somebody else`)
  if (existsSync(join(folder, 'installed'))) return folder
  const allowScripts = native === undefined ? {} : { [native]: true }
  writeFileSync(join(folder, 'package.json'), JSON.stringify({ private: true, dependencies: packages, allowScripts }))
  npm(folder, ['install'])
  if (native !== undefined && !loads(folder, native)) {
    const headers = `node-${process.platform}-${process.arch}`
    npm(folder, ['install', '--no-save', `${headers}@${process.version.slice(1)}`])
    npm(folder, ['rebuild', native], { npm_config_nodedir: join(folder, 'node_modules', headers) })
  }
  writeFileSync(join(folder, 'installed'), '')
  return folder
}

function npm(folder: string, args: readonly string[], more: Readonly<Record<string, string>> = {}): void {
  const own = Object.entries(process.env).filter(([name]) => name !== 'npm_config_local_prefix')
  const env = { ...Object.fromEntries(own), SCARF_ANALYTICS: 'false', ...more }
  execFileSync('npm', [...args, '--no-audit', '--no-fund'], { cwd: folder, env, stdio: 'pipe', timeout: 300_000 })
}

function loads(folder: string, native: string): boolean {
  try {
    const script = `new (require(${JSON.stringify(native)}))(':memory:')`
    execFileSync(process.execPath, ['-e', script], { cwd: folder, stdio: 'ignore' })
    return true
  } catch {
    return false
  }
}

function installProgram(program: string): void {
  const found = () => (process.env.PATH ?? '').split(delimiter).some((folder) => existsSync(join(folder, program)))
  if (found()) return
  if (process.getuid?.() !== 0) throw new Error(`${program} is not installed, and only root can install it`)
  const options = { env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive', RUNLEVEL: '1' }, stdio: 'pipe' } as const
  execFileSync('apt-get', ['update', '-qq'], options)
  execFileSync('apt-get', ['install', '-y', '-qq', '--no-install-recommends', program], options)
}
