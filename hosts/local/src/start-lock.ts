import { DatabaseSync } from 'node:sqlite'
import type { Clock } from '@wonder/platform'

/** Milliseconds between tries. */
const interval = 25

/**
 * Does the work while no other process of this machine does work under the same lock. The lock is a lock of SQLite on a
 * file of its own, so the system lets go of it when its holder dies.
 */
export async function underLock<T>(file: string, clock: Clock, work: () => Promise<T>): Promise<T> {
  const database = new DatabaseSync(file)
  try {
    while (!isTaken(database)) await new Promise<void>((resolve) => clock.at(clock.now() + interval, resolve))
    return await work()
  } finally {
    database.close()
  }
}

function isTaken(database: DatabaseSync): boolean {
  try {
    database.exec('BEGIN EXCLUSIVE')
    return true
  } catch (error) {
    // 5: SQLITE_BUSY
    if (error instanceof Error && 'errcode' in error && error.errcode === 5) return false
    throw error
  }
}
