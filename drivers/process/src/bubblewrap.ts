import { spawnSync } from 'node:child_process'
import { realpathSync } from 'node:fs'
import { tmpdir } from 'node:os'

/** The machine's files can be read, the temporary folders written. Network and users stay those of the machine. */
const base = [
  ...['--ro-bind', '/', '/', '--dev', '/dev', '--proc', '/proc', '--bind', '/tmp', '/tmp'],
  // The group was started in a session of its own already, so there is no terminal to type into (--new-session),
  // and its processes stay in a group that signals reach.
  ...['--die-with-parent', '--unshare-pid'],
]

let works: boolean | undefined

/** Is bubblewrap here, and may this user use it? Asked once a process. */
export function bubblewrapWorks(): boolean {
  works ??=
    process.platform === 'linux' &&
    spawnSync('bwrap', [...base, '--', 'true'], { stdio: 'ignore', timeout: 5_000 }).status === 0
  return works
}

/** The command that runs `command` with only `root` and the temporary folders writable. */
export function inBubblewrap(options: {
  readonly program: string
  readonly args: readonly string[]
  readonly root: string
  readonly cwd: string
}): readonly string[] {
  const temporary = realpathSync(tmpdir())
  const folders = [temporary, options.root].flatMap((folder) => ['--bind', folder, folder])
  return [...base, ...folders, '--chdir', options.cwd, '--', options.program, ...options.args]
}
