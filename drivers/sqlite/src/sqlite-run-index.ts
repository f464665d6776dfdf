import type { RunFilter, RunIndex, RunIndexEntry, RunStatus } from '@wonder/platform'
import { entityKinds, storedStatuses } from './journal-layout.ts'
import type { SqliteReader } from './sqlite-reader.ts'

type Row = {
  readonly id: string
  readonly workflow: string
  readonly project: string
  readonly status: number
  readonly parent: string | null
  readonly created: number
  readonly updated: number
  readonly ended: number | null
  readonly tags: string
}

const columns = 'id, workflow, project, status, parent, created, updated, ended, tags'
/** Sorts after every text that begins as an id does. */
const afterAll = '\u{10ffff}'

export class SqliteRunIndex implements RunIndex {
  readonly #reader: SqliteReader

  constructor(reader: SqliteReader) {
    this.#reader = reader
  }

  async get(id: string): Promise<RunIndexEntry | null> {
    const row = this.#reader.get<Row>(
      `SELECT ${columns} FROM run WHERE entity = (SELECT id FROM entity WHERE kind = ? AND key = ?)`,
      entityKinds.run,
      id,
    )
    return row === undefined ? null : toEntry(row)
  }

  async list(filter: RunFilter): Promise<readonly RunIndexEntry[]> {
    const { status, workflow, parent, before = afterAll, limit = 50 } = filter
    const page = { before, limit: Math.min(limit, 1_000), where: parent === null ? 'AND parent IS NULL' : '' }
    if (typeof parent === 'string') return this.#below(parent, filter, page).map(toEntry)
    if (status === undefined && workflow === undefined) return this.#newest(page).map(toEntry)
    // One walk down an index for each status, then the newest of all: the cost is the page, not the history.
    const rows = (status ?? storedStatuses).flatMap((one) => this.#ofStatus(one, workflow, page))
    return rows
      .sort((a, b) => (a.id < b.id ? 1 : -1))
      .slice(0, page.limit)
      .map(toEntry)
  }

  async find(prefix: string): Promise<readonly string[]> {
    const rows = this.#reader.all<{ key: string }>(
      'SELECT key FROM entity WHERE kind = ? AND key >= ? AND key < ? ORDER BY key LIMIT 2',
      entityKinds.run,
      prefix,
      prefix + afterAll,
    )
    const full = rows.find(({ key }) => key === prefix)
    return full === undefined ? rows.map(({ key }) => key) : [full.key]
  }

  #newest({ before, limit, where }: Page): readonly Row[] {
    return this.#reader.all<Row>(
      `SELECT ${columns.replace('id', 'run.id')} FROM entity CROSS JOIN run ON run.entity = entity.id
       WHERE entity.kind = ? AND entity.key < ? ${where} ORDER BY entity.key DESC LIMIT ?`,
      entityKinds.run,
      before,
      limit,
    )
  }

  #ofStatus(status: RunStatus, workflow: string | undefined, { before, limit, where }: Page): readonly Row[] {
    const stored = storedStatuses.indexOf(status)
    return workflow === undefined
      ? this.#reader.all<Row>(
          `SELECT ${columns} FROM run WHERE status = ? AND id < ? ${where} ORDER BY id DESC LIMIT ?`,
          stored,
          before,
          limit,
        )
      : this.#reader.all<Row>(
          `SELECT ${columns} FROM run WHERE workflow = ? AND status = ? AND id < ? ${where} ORDER BY id DESC LIMIT ?`,
          workflow,
          stored,
          before,
          limit,
        )
  }

  /** The runs that one ordered: they lie together, so the rest is looked at row by row. */
  #below(parent: string, { status, workflow }: RunFilter, { before, limit }: Page): readonly Row[] {
    const stored = status?.map((one) => storedStatuses.indexOf(one))
    return this.#reader.all<Row>(
      `SELECT ${columns} FROM run WHERE parent = ?1 AND id < ?2
       ${stored === undefined ? '' : `AND status IN (${stored.join(', ')})`} AND (?3 IS NULL OR workflow = ?3)
       ORDER BY id DESC LIMIT ?4`,
      parent,
      before,
      workflow ?? null,
      limit,
    )
  }
}

/** Which rows are wanted, besides those that the question names. */
type Page = { readonly before: string; readonly limit: number; readonly where: string }

function toEntry(row: Row): RunIndexEntry {
  const status = storedStatuses[row.status] ?? 'failed'
  return { ...row, status, tags: JSON.parse(row.tags) as string[] }
}
