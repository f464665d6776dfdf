import { type ChildProcess, spawn } from 'node:child_process'
import { type FileHandle, realpath } from 'node:fs/promises'
import { WonderError } from '@wonder/errors'
import type { ProcessRequest, ProcessResult, Sandbox } from '@wonder/platform'
import { BoundedOutput } from './bounded-output.ts'
import { bubblewrapWorks, inBubblewrap } from './bubblewrap.ts'
import { GroupNotes } from './group-notes.ts'
import { realPathInside } from './inside.ts'
import { endGroup, groupMembers, signalProcess } from './process-group.ts'
import { notStarted, programFile } from './program.ts'
import { stdinFile } from './stdin-file.ts'

/** Milliseconds between asking a group to end and making it. */
const grace = 2_000

export type ProcessSandboxOptions = {
  /** This host's name in the notes of living groups. */
  readonly host: string
  /** Folder for those notes; absolute. */
  readonly stateDir: string
  /** Default `auto`: bubblewrap where it works. */
  readonly isolation?: 'auto' | 'none'
}

/**
 * Programs of this machine, each in a process group of its own.
 *
 * In bubblewrap a program that dies by a signal has 128 + its number as exit code, as in a shell.
 * A host that dies takes those in bubblewrap along; what others leave is ended by endAbandoned().
 */
export function processSandbox(options: ProcessSandboxOptions): Sandbox {
  const notes = new GroupNotes(options.stateDir)
  const isolation = () => (options.isolation !== 'none' && bubblewrapWorks() ? 'bubblewrap' : 'none')
  return {
    get isolation() {
      return isolation()
    },

    async run(request) {
      request.signal.throwIfAborted()
      const plan = await planned(request, isolation())
      const stdin = request.stdin === undefined ? undefined : await stdinFile(request.stdin)
      let child: ChildProcess
      let starting: Promise<number>
      try {
        request.signal.throwIfAborted()
        child = spawned(plan, stdin)
        starting = started(child, request.command[0])
      } finally {
        void stdin?.close()
      }
      const group = await starting
      notes.add(options.host, group)
      try {
        return await finished(child, group, request, isolation() === 'bubblewrap')
      } finally {
        await endGroup(group)
        notes.remove(options.host, group)
      }
    },

    endAbandoned: (host) => notes.end(host),
  }
}

async function planned(request: ProcessRequest, isolation: Sandbox['isolation']) {
  const [name, ...args] = request.command
  const cwd = await folderOf(request)
  const env = { ...hostEnv(), ...request.env }
  const program = await programFile(name, cwd, env.PATH ?? '')
  if (isolation === 'none') return { file: program, args, cwd, env }
  const root = await realpath(request.root)
  return { file: 'bwrap', args: inBubblewrap({ program, args, root, cwd }), cwd, env }
}

async function folderOf(request: ProcessRequest): Promise<string> {
  try {
    return await realPathInside(request.root, request.cwd)
  } catch (error) {
    if (error instanceof WonderError) throw error
    throw notStarted(request.command[0], `its folder ${request.cwd} does not exist`, error)
  }
}

function hostEnv(): { [name: string]: string } {
  const { PATH = '/usr/local/bin:/usr/bin:/bin', HOME, LANG } = process.env
  return { PATH, ...(HOME === undefined ? {} : { HOME }), ...(LANG === undefined ? {} : { LANG }) }
}

/** Returns as it is spawned, so that no event of it is missed. */
function spawned(plan: Awaited<ReturnType<typeof planned>>, stdin: FileHandle | undefined): ChildProcess {
  try {
    return spawn(plan.file, plan.args, {
      cwd: plan.cwd,
      env: plan.env,
      detached: true,
      stdio: [stdin?.fd ?? 'ignore', 'pipe', 'pipe'],
    })
  } catch (error) {
    // Some reasons (a file that is being written, no memory) are thrown, the others come as an event.
    throw notStarted(plan.file, error instanceof Error ? error.message : String(error), error)
  }
}

function started(child: ChildProcess, name: string): Promise<number> {
  return new Promise((settle, refuse) => {
    child.once('error', (error) => refuse(notStarted(name, error.message, error)))
    child.once('spawn', () => {
      if (child.pid !== undefined) settle(child.pid)
    })
  })
}

async function finished(
  child: ChildProcess,
  group: number,
  request: ProcessRequest,
  wrapped: boolean,
): Promise<ProcessResult> {
  const { onLine, signal, maxOutput } = request
  const out = new BoundedOutput(child.stdout, maxOutput, onLine && ((line) => onLine('stdout', line)))
  const err = new BoundedOutput(child.stderr, maxOutput, onLine && ((line) => onLine('stderr', line)))

  let force: NodeJS.Timeout | undefined
  const abort = (): void => {
    askToEnd(group, wrapped)
    force = setTimeout(() => signalProcess(-group, 'SIGKILL'), grace)
  }
  signal.addEventListener('abort', abort, { once: true })
  if (signal.aborted) abort()
  try {
    const closed = new Promise((settle) => child.once('close', settle))
    const exitCode = await exited(child)
    await endGroup(group)
    // One that left the group may hold the streams open; nobody waits for it.
    const letGo = setTimeout(() => {
      child.stdout?.destroy()
      child.stderr?.destroy()
    }, 500)
    await closed
    clearTimeout(letGo)
    signal.throwIfAborted()
    return { exitCode, stdout: out.text(), stderr: err.text(), truncated: out.truncated || err.truncated }
  } finally {
    clearTimeout(force)
    signal.removeEventListener('abort', abort)
  }
}

function exited(child: ChildProcess): Promise<number | null> {
  if (child.exitCode !== null || child.signalCode !== null) return Promise.resolve(child.exitCode)
  return new Promise((settle) => child.once('exit', (code) => settle(code)))
}

/** bubblewrap itself would end at once, and take all within it along without asking: only those within are asked. */
function askToEnd(group: number, wrapped: boolean): void {
  if (!wrapped) {
    signalProcess(-group, 'SIGTERM')
    return
  }
  for (const { pid } of groupMembers(group)) if (pid !== group) signalProcess(pid, 'SIGTERM')
}
