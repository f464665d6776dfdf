import { type Dialect, literal, quoted, typeText } from './dialect.ts'
import type { Answers, Decision } from './migration-answers.ts'
import { type Column, MISSING, NULL, type Table, THERE } from './table-model.ts'

/** Where a column of the new table gets its data: an expression over the old table's columns. */
export type Carried = {
  readonly column: Column
  readonly expression: string
  /** The old column that it is, if its data stay as they are. */
  readonly same: Column | undefined
}

export type ColumnChangeOptions = {
  readonly from: Table
  readonly to: Table
  readonly dialect: Dialect
  readonly answers: Answers
  /** Pointers of all lists that have tables, in the old and in the new version. */
  readonly oldLists: readonly string[]
  readonly newLists: readonly string[]
}

/** Goes through the columns of a table in two versions; what it cannot carry over it asks. */
export class ColumnChange {
  readonly decisions: Decision[] = []
  readonly #from: Table
  readonly #to: Table
  readonly #dialect: Dialect
  readonly #answers: Answers
  readonly #oldLists: readonly string[]
  readonly #newLists: readonly string[]

  constructor({ from, to, dialect, answers, oldLists, newLists }: ColumnChangeOptions) {
    this.#oldLists = oldLists
    this.#newLists = newLists
    this.#from = from
    this.#to = to
    this.#dialect = dialect
    this.#answers = answers
  }

  carried(): Carried[] {
    const used = new Set<Column>()
    const carried = this.#to.columns.map((column) => {
      const answer = this.#answers[column.pointer]
      const old = this.#find(column) ?? (column.role === 'value' && answer?.from ? this.#value(answer.from) : undefined)
      if (old) used.add(old)
      return old ? this.#kept(column, old) : this.#added(column)
    })
    for (const column of this.#from.columns) if (!used.has(column)) this.#removed(column)
    return carried
  }

  #find({ role, pointer }: Column, table = this.#from): Column | undefined {
    return table.columns.find((column) => column.role === role && column.pointer === pointer)
  }

  #value(pointer: string): Column | undefined {
    return this.#from.columns.find((column) => column.role === 'value' && column.pointer === pointer)
  }

  #kept(column: Column, old: Column): Carried {
    const { pointer } = column
    const name = quoted(old.name)
    const stays = sameType(column, old)
    const expression = stays ? name : this.#converted(column, old)
    if (expression === undefined) {
      if (this.#answers[pointer]?.drop) return this.#added(column)
      this.#ask(
        'convert',
        pointer,
        `${typeText(old.type, this.#dialect)} cannot become ${typeText(column.type, this.#dialect)} without loss`,
      )
      return { column, expression: 'NULL', same: undefined }
    }
    this.#compareAbsence(column, old)
    const fill = this.#fillOf(column)
    if (fill === undefined || !needsValue(column) || needsValue(old))
      return { column, expression, same: stays ? old : undefined }
    return { column, expression: `COALESCE(${expression}, ${literal(fill, this.#dialect)})`, same: undefined }
  }

  /** NULL without a state column means one thing only: does it still mean the same? */
  #compareAbsence(column: Column, old: Column): void {
    if (column.role !== 'value') return
    const state = this.#find({ ...column, role: 'state' }, this.#to)
    const oldState = this.#find({ ...old, role: 'state' })
    if (state || needsValue(column)) return
    if (oldState) this.#narrow(column.pointer, 'a missing value and null are no longer told apart')
    else if (old.nullMeans && old.nullMeans !== column.nullMeans && column.type !== 'json') {
      this.#narrow(column.pointer, `what was ${old.nullMeans} before would be ${column.nullMeans ?? 'refused'}`)
    }
  }

  #added(column: Column): Carried {
    const expression = column.role === 'state' ? this.#newState(column) : this.#newValue(column)
    return { column, expression, same: undefined }
  }

  #newValue(column: Column): string {
    const fill = this.#fillOf(column)
    if (fill !== undefined && (needsValue(column) || this.#answers[column.pointer]?.fill !== undefined)) {
      return literal(fill, this.#dialect)
    }
    if (column.notNull) this.#ask('fill', column.pointer, 'objects that are there already need a value for it')
    return 'NULL'
  }

  #newState(state: Column): string {
    const value = this.#value(state.pointer)
    const allowed = statesOf(state)
    if (value) {
      const absent = value.nullMeans === 'null' ? NULL : MISSING
      const known = allowed.includes(absent) ? absent : THERE
      // An object that becomes optional, or a list, has no column of its own: it was there.
      return `CASE WHEN ${quoted(value.name)} IS NULL THEN ${known} ELSE ${THERE} END`
    }
    if (holds(state.pointer, this.#from, this.#oldLists)) return this.#thereWithin(state.pointer)
    if (allowed.includes(MISSING)) return String(MISSING)
    if (this.#answers[state.pointer]?.fill !== null) {
      this.#ask('fill', state.pointer, 'objects that are there already need it; it can be null')
    }
    return String(NULL)
  }

  /** It was always there, unless an object around it was not. */
  #thereWithin(pointer: string): string {
    const around = this.#from.columns
      .filter((column) => column.role === 'state' && pointer.startsWith(`${column.pointer}/`))
      .toSorted((a, b) => b.pointer.length - a.pointer.length)[0]
    return around ? `CASE WHEN ${quoted(around.name)} = ${THERE} THEN ${THERE} ELSE ${MISSING} END` : String(THERE)
  }

  #removed(column: Column): void {
    const { role, pointer } = column
    if (this.#answers[pointer]?.drop) return
    if (role === 'state') {
      const value = this.#find({ ...column, role: 'value' }, this.#to)
      if (value) return
      if (holds(pointer, this.#to, this.#newLists))
        this.#narrow(pointer, 'that it is missing or null is no longer kept')
    } else if (role === 'rest') {
      this.#ask('drop', pointer, 'properties that the schema does not name are no longer kept')
    } else if (role === 'value' && !this.#isRenamed(pointer)) {
      this.#ask('drop', pointer, 'its values have no place any more')
    }
  }

  #isRenamed(pointer: string): boolean {
    return Object.values(this.#answers).some(({ from }) => from === pointer)
  }

  #fillOf(column: Column) {
    return this.#answers[column.pointer]?.fill ?? column.default
  }

  #narrow(pointer: string, why: string): void {
    if (!this.#answers[pointer]?.accept && !this.#answers[pointer]?.drop) this.#ask('narrow', pointer, why)
  }

  #ask(kind: Decision['kind'], pointer: string, why: string): void {
    this.decisions.push({ kind, pointer, why })
  }

  /** The old column's value in the new column's type, or undefined when that would lose something. */
  #converted(column: Column, old: Column): string | undefined {
    const name = quoted(old.name)
    if (column.type === 'number' && old.type === 'integer') {
      return `CAST(${name} AS ${typeText('number', this.#dialect)})`
    }
    if (column.type !== 'json' || typeof old.type !== 'string' || old.nullMeans === 'null') return undefined
    if (this.#find({ ...old, role: 'state' })) return undefined
    if (this.#dialect === 'postgresql') return `to_json(${name})`
    if (old.type === 'boolean') return `CASE ${name} WHEN 1 THEN 'true' WHEN 0 THEN 'false' END`
    // SQLite's own text of a number has 15 digits, too few.
    if (old.type === 'number') return `CASE WHEN ${name} IS NULL THEN NULL ELSE printf('%!.17g', ${name}) END`
    return `CASE WHEN ${name} IS NULL THEN NULL ELSE json_quote(${name}) END`
  }
}

/** Must an object that is there have a value in it? */
function needsValue(column: Column): boolean {
  return column.notNull || column.neededBy !== undefined
}

function sameType(a: Column, b: Column): boolean {
  if (typeof a.type === 'string' || typeof b.type === 'string') return a.type === b.type
  return a.type.sqlite === b.type.sqlite && a.type.postgresql === b.type.postgresql
}

function statesOf(state: Column): readonly unknown[] {
  return state.checks.flatMap((check) => (check.kind === 'in' ? check.values : []))
}

/** Does a version keep an object or a list at the pointer? */
function holds(pointer: string, { columns }: Table, lists: readonly string[]): boolean {
  return (
    lists.includes(pointer) ||
    [...columns.map((column) => column.pointer), ...lists].some((other) => other.startsWith(`${pointer}/`))
  )
}
