import type { EntityKind } from '@wonder/platform'
import type { Layout } from './open-database.ts'

/**
 * The file of journals. Entities are integers in order inside and names outside: a commit then touches the right edge
 * of two trees, whatever runs it belongs to (docs: design/durability.md, layouts).
 *
 * `owner` is the host that drives the entity, null when it is settled or released, empty when it is no run: those are
 * everybody's. `wake` is due time, `done` the time
 * of the end; an entity with a `wake` is never purged. Each index holds only the rows that its question is about.
 */
export const journalLayout: Layout = {
  applicationId: 0x574e4452,
  steps: [
    `
    CREATE TABLE entity (
      id INTEGER PRIMARY KEY, kind INTEGER NOT NULL, key TEXT NOT NULL,
      owner TEXT, wake INTEGER, done INTEGER, UNIQUE (kind, key));
    CREATE INDEX entity_due ON entity (owner, wake) WHERE wake IS NOT NULL;
    CREATE INDEX entity_idle ON entity (owner) WHERE wake IS NULL AND done IS NULL;
    CREATE INDEX entity_done ON entity (done) WHERE done IS NOT NULL AND wake IS NULL;

    CREATE TABLE journal (id INTEGER PRIMARY KEY, entity INTEGER NOT NULL, seq INTEGER NOT NULL, body TEXT NOT NULL);
    CREATE UNIQUE INDEX journal_entity ON journal (entity, seq);

    CREATE TABLE snapshot (
      entity INTEGER NOT NULL, chunk INTEGER NOT NULL, seq INTEGER NOT NULL, state TEXT NOT NULL,
      PRIMARY KEY (entity, chunk));

    CREATE TABLE run (
      entity INTEGER PRIMARY KEY, id TEXT NOT NULL, workflow TEXT NOT NULL, project TEXT NOT NULL,
      status INTEGER NOT NULL, parent TEXT, created INTEGER NOT NULL, updated INTEGER NOT NULL, ended INTEGER,
      tags TEXT NOT NULL);
    CREATE INDEX run_status ON run (status, id);
    CREATE INDEX run_workflow ON run (workflow, status, id);

    CREATE TABLE host (
      id TEXT PRIMARY KEY, address TEXT NOT NULL, pid INTEGER NOT NULL, role TEXT NOT NULL, seen INTEGER NOT NULL)
      WITHOUT ROWID;

    CREATE TABLE filler (id INTEGER PRIMARY KEY, body BLOB NOT NULL);
    `,
    // Records that were moved to Blobs, and runs whose blobs are to be removed.
    `
    CREATE TABLE segment (
      entity INTEGER NOT NULL, first INTEGER NOT NULL, last INTEGER NOT NULL, key TEXT NOT NULL, size INTEGER NOT NULL,
      PRIMARY KEY (entity, first)) WITHOUT ROWID;
    CREATE TABLE leftover (run TEXT PRIMARY KEY) WITHOUT ROWID;
    `,
    'CREATE INDEX run_parent ON run (parent, id) WHERE parent IS NOT NULL;',
  ],
  pragmas: 'PRAGMA synchronous = FULL; PRAGMA wal_autocheckpoint = 4000; PRAGMA cache_size = -16384',
}

/** Stored numbers of entity kinds; never renumbered. */
export const entityKinds = { run: 1, limit: 2, budget: 3, key: 4 } as const satisfies { [kind in EntityKind]: number }

/** The owner of what all hosts share. */
export const everybody = ''

/** Stored numbers of statuses are places in this list: only ever extended at its end. */
export const storedStatuses = [
  'queued',
  'running',
  'waiting',
  'paused',
  'blocked_decision',
  'blocked_budget',
  'blocked_error',
  'stopping',
  'completed',
  'failed',
  'cancelled',
  'timed_out',
] as const
