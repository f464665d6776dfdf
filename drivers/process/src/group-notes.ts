import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { endGroup, groupMembers, processStat } from './process-group.ts'

type Note = { readonly boot: string; readonly started: string }

/**
 * Notes of the process groups that live: `<stateDir>/groups/<host>/<pgid>`, so that another host can end those of one
 * that is gone. A note names the leader's start time and the machine's boot: a recycled pid is another process.
 */
export class GroupNotes {
  readonly #folder: string

  constructor(stateDir: string) {
    this.#folder = join(stateDir, 'groups')
  }

  add(host: string, group: number): void {
    const note: Note = { boot: bootId(), started: processStat(group)?.started ?? '' }
    mkdirSync(this.#of(host), { recursive: true })
    writeFileSync(join(this.#of(host), String(group)), JSON.stringify(note))
  }

  remove(host: string, group: number): void {
    rmSync(join(this.#of(host), String(group)), { force: true })
  }

  /** Ends the groups that are noted for a host; tells how many of them were alive. */
  async end(host: string): Promise<number> {
    let ended = 0
    for (const name of namesIn(this.#of(host))) {
      const group = Number(name)
      const note = noteIn(join(this.#of(host), name))
      if (Number.isInteger(group) && group > 1 && note !== undefined && isSameGroup(group, note)) {
        await endGroup(group)
        ended += 1
      }
      this.remove(host, group)
    }
    rmSync(this.#of(host), { recursive: true, force: true })
    return ended
  }

  #of(host: string): string {
    return join(
      this.#folder,
      encodeURIComponent(host).replace(/^\.+$/, (dots) => dots.replaceAll('.', '%2E')),
    )
  }
}

function isSameGroup(group: number, note: Note): boolean {
  if (note.boot !== bootId() || note.started === '') return false
  const leader = processStat(group)
  if (leader !== null) return leader.started === note.started && groupMembers(group).length > 0
  // The leader is gone. Its number is not given away while members are left, and they are in the session that it made.
  const members = groupMembers(group)
  return members.length > 0 && members.every((member) => member.stat.session === group)
}

function bootId(): string {
  try {
    return readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()
  } catch {
    return ''
  }
}

function namesIn(folder: string): readonly string[] {
  try {
    return readdirSync(folder)
  } catch {
    return []
  }
}

function noteIn(file: string): Note | undefined {
  try {
    const note: unknown = JSON.parse(readFileSync(file, 'utf8'))
    if (typeof note !== 'object' || note === null || !('boot' in note) || !('started' in note)) return undefined
    return typeof note.boot === 'string' && typeof note.started === 'string'
      ? { boot: note.boot, started: note.started }
      : undefined
  } catch {
    // Cut off by the crash: what it named cannot be told apart from others.
    return undefined
  }
}
