import { readdirSync, readFileSync } from 'node:fs'

/** Pids of the processes of this machine whose command line contains the text. */
export function processesWith(text: string): readonly number[] {
  return readdirSync('/proc').flatMap((name) => {
    if (!/^\d+$/.test(name)) return []
    try {
      const words = readFileSync(`/proc/${name}/cmdline`, 'utf8').replaceAll('\0', ' ')
      return words.includes(text) ? [Number(name)] : []
    } catch {
      return [] // It has ended in between.
    }
  })
}

/** Is there such a process, and is it no zombie? */
export function isAlive(pid: number): boolean {
  try {
    return !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'))
  } catch {
    return false
  }
}
