import { readdirSync, readFileSync } from 'node:fs'
import { setTimeout as wait } from 'node:timers/promises'

/** What /proc tells of a process. Null where it is gone, or where there is no /proc. */
export type ProcessStat = {
  readonly state: string
  readonly group: number
  readonly session: number
  /** Clock ticks since the machine started: with the pid it names a process for good. */
  readonly started: string
}

export function processStat(pid: number): ProcessStat | null {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'utf8')
    // The name of the program stands in parentheses and may have spaces and parentheses itself.
    const fields = text.slice(text.lastIndexOf(')') + 2).split(' ')
    const [state = '', , group = '', session = ''] = fields
    return { state, group: Number(group), session: Number(session), started: fields[19] ?? '' }
  } catch {
    return null
  }
}

/** Those that live. One that is dead but not yet collected by its parent does not count. */
export function groupMembers(group: number): readonly { readonly pid: number; readonly stat: ProcessStat }[] {
  const members = []
  for (const name of readdirSync('/proc')) {
    const pid = Number(name)
    if (!Number.isInteger(pid)) continue
    const stat = processStat(pid)
    if (stat !== null && stat.group === group && stat.state !== 'Z' && stat.state !== 'X') members.push({ pid, stat })
  }
  return members
}

/** True when there was somebody to tell. */
export function signalProcess(target: number, signal: NodeJS.Signals | 0): boolean {
  try {
    process.kill(target, signal)
    return true
  } catch {
    return false
  }
}

/** Kills what is left of the group and returns when nothing of it lives. */
export async function endGroup(group: number): Promise<void> {
  for (let round = 0; signalProcess(-group, 'SIGKILL'); round++) {
    if (process.platform === 'linux' ? groupMembers(group).length === 0 : round > 200) return
    await wait(Math.min(1 + round, 10))
  }
}
