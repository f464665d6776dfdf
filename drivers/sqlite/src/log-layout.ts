import type { Layout } from './open-database.ts'

/** The file of logs: nothing in it is needed to go on after a crash, so no write waits for the disk. */
export const logLayout: Layout = {
  applicationId: 0x574e444c,
  steps: [
    `
    CREATE TABLE line (
      position INTEGER PRIMARY KEY AUTOINCREMENT, run TEXT NOT NULL, node TEXT, token TEXT, attempt INTEGER NOT NULL,
      time INTEGER NOT NULL, level INTEGER NOT NULL, stream TEXT NOT NULL, text TEXT NOT NULL);
    CREATE INDEX line_run ON line (run, position);
    `,
  ],
  pragmas: 'PRAGMA synchronous = OFF; PRAGMA wal_autocheckpoint = 4000',
}

/** Stored numbers of levels are places in this list. */
export const storedLevels = ['debug', 'info', 'warn', 'error'] as const
