import type { CustomTypes } from '../custom-type.ts'
import { isObject, type JsonObject } from '../json-schema.ts'
import { childPointer } from '../pointer.ts'
import type { SchemaLibrary, SchemaNode } from '../schema-document.ts'
import { Names } from './names.ts'
import { noTable } from './no-table.ts'
import { checksOf, isOf, type Placement, type Shape, shapeOf } from './shape.ts'
import {
  type Column,
  type JsonPart,
  type ListPart,
  MISSING,
  NULL,
  type Part,
  type RecordPart,
  type Table,
  THERE,
} from './table-model.ts'

/** D1 binds at most as many parameters to a statement, and has as many columns in a table. */
export const MOST_PARAMETERS = 100

export type BuilderOptions = {
  readonly library: SchemaLibrary
  readonly types: CustomTypes
  readonly placement: Placement
  readonly name: string
  readonly key: readonly string[]
}

/** Where a part stands. */
type At = {
  readonly table: Table
  readonly names: Names
  /** Of its column. */
  readonly path: readonly string[]
  readonly pointer: string
  readonly optional: boolean
  /** The state column of the nearest object around that may be absent. */
  readonly within: Column | undefined
  readonly around: readonly unknown[]
}

/** Lays out the tables of a schema. */
export class TableBuilder {
  /** Parents before children. */
  readonly tables: Table[] = []
  readonly #options: BuilderOptions
  readonly #tableNames = new Names([])

  constructor(options: BuilderOptions) {
    this.#options = options
  }

  build(root: SchemaNode): RecordPart {
    const { name, key } = this.#options
    const { library, types, placement } = this.#options
    const shape = shapeOf(root, { library, types, placement: { ...placement, objects: 'flatten' }, around: [] })
    if (shape.kind !== 'record' || shape.nullable) throw noTable('it must be that of an object with properties')
    const table: Table = {
      name: this.#tableNames.take(name),
      pointer: '',
      columns: [],
      primaryKey: [],
      rootKey: [],
      references: [],
      indices: [],
    }
    this.tables.push(table)
    const part = this.#record(shape, {
      table,
      names: new Names(),
      path: [],
      pointer: '',
      optional: false,
      within: undefined,
      around: [],
    })
    const columns = key.map((member) => keyColumn(part, member))
    if (columns.length === 0) throw noTable('it needs a key')
    table.primaryKey.push(...columns)
    table.rootKey.push(...columns)
    this.#layOutLists()
    for (const { name: long, columns: all } of this.tables) {
      if (all.length > MOST_PARAMETERS)
        throw noTable(`"${long}" would have ${all.length} columns, more than ${MOST_PARAMETERS}`)
    }
    return part
  }

  #shape(node: SchemaNode, around: readonly unknown[]): Shape {
    const { library, types, placement } = this.#options
    return shapeOf(node, { library, types, placement, around })
  }

  #part(node: SchemaNode, at: At): Part {
    const shape = this.#shape(node, at.around)
    if (shape.kind === 'record') return this.#record(shape, at)
    if (shape.kind === 'list') return this.#list(shape, at)
    return shape.kind === 'scalar' ? this.#scalar(shape, at) : this.#json(at)
  }

  #scalar(shape: Shape, at: At): Part {
    const { optional } = at
    const { nullable, type, schema } = shape
    const state = optional && nullable ? this.#state(at, nullable) : undefined
    const certain = !optional && !nullable
    const column: Column = {
      name: at.names.take(...at.path),
      type,
      role: 'value',
      pointer: at.pointer,
      notNull: certain && !at.within,
      ...(certain && at.within && { neededBy: at.within }),
      checks: checksOf(shape),
      ...(isOf(schema.default, type) && { default: schema.default }),
      ...(!state && !certain && { nullMeans: optional ? ('missing' as const) : ('null' as const) }),
    }
    at.table.columns.push(column)
    return { kind: 'scalar', column, state }
  }

  #json(at: At): JsonPart {
    const column: Column = {
      name: at.names.take(...at.path),
      type: 'json',
      role: 'value',
      pointer: at.pointer,
      notNull: !at.optional && !at.within,
      ...(!at.optional && at.within && { neededBy: at.within }),
      checks: [],
      ...(at.optional && { nullMeans: 'missing' as const }),
    }
    at.table.columns.push(column)
    return { kind: 'json', column }
  }

  #record(shape: Shape, at: At): RecordPart {
    const { schema, node, nullable } = shape
    const isRoot = at.pointer === ''
    const state = !isRoot && (at.optional || nullable) ? this.#state(at, nullable) : undefined
    const required = Array.isArray(schema.required) ? schema.required : []
    const properties = schema.properties as JsonObject
    const members = Object.entries(properties).map(([name, child]): [string, Part] => {
      const pointer = childPointer(childPointer(node.pointer, 'properties'), name)
      const inner: At = {
        ...at,
        path: [...at.path, name],
        pointer: childPointer(at.pointer, name),
        optional: !required.includes(name),
        within: state ?? at.within,
        around: [...at.around, schema],
      }
      return [name, this.#part(this.#options.library.nodeOf(child, pointer, node), inner)]
    })
    return { kind: 'record', pointer: at.pointer, members, rest: this.#rest(schema, at), state }
  }

  #rest(schema: JsonObject, at: At): Column | undefined {
    if (schema.additionalProperties === false && !isObject(schema.patternProperties)) return undefined
    const rest: Column = {
      name: at.names.take(...at.path, '_rest'),
      type: 'json',
      role: 'rest',
      pointer: at.pointer,
      notNull: false,
      checks: [],
    }
    at.table.columns.push(rest)
    return rest
  }

  /** Its table is laid out when the key of the parent's table is known. */
  #list(shape: Shape, at: At): ListPart {
    const state = at.optional || shape.nullable ? this.#state(at, shape.nullable) : undefined
    const table: Table = {
      name: this.#tableNames.take(at.table.name, ...at.path),
      pointer: at.pointer,
      columns: [],
      primaryKey: [],
      rootKey: [],
      references: [],
      indices: [],
    }
    const names = new Names()
    const item: { part: Part | undefined } = { part: undefined }
    this.#waiting.push({ shape, at, table, names, item })
    return {
      kind: 'list',
      pointer: at.pointer,
      table,
      state,
      get item() {
        if (!item.part) throw noTable(`the items of ${at.pointer} were not laid out`)
        return item.part
      },
    }
  }

  readonly #waiting: { shape: Shape; at: At; table: Table; names: Names; item: { part: Part | undefined } }[] = []

  #layOutLists(): void {
    for (let next = this.#waiting.shift(); next; next = this.#waiting.shift()) {
      const { shape, at, table, names, item } = next
      const parent = at.table
      const keys = parent.primaryKey.map(
        (column): Column => ({
          name: names.take(column.role === 'key' ? column.name : `${parent.name}_${column.name}`),
          type: column.type,
          role: 'key',
          pointer: column.pointer,
          notNull: true,
          checks: [],
        }),
      )
      const index: Column = {
        name: names.take('index'),
        type: 'integer',
        role: 'index',
        pointer: at.pointer,
        notNull: true,
        checks: [],
      }
      table.columns.push(...keys, index)
      table.primaryKey.push(...keys, index)
      table.rootKey.push(...keys.slice(0, parent.rootKey.length))
      table.references.push({
        columns: keys.map(({ name }) => name),
        table: parent.name,
        targets: parent.primaryKey.map(({ name }) => name),
        onDelete: 'cascade',
      })
      this.tables.push(table)
      const node = this.#options.library.nodeOf(
        shape.schema.items,
        childPointer(shape.node.pointer, 'items'),
        shape.node,
      )
      const around = [...at.around, shape.schema]
      const isRecord = this.#shape(node, around).kind === 'record'
      item.part = this.#part(node, {
        table,
        names,
        path: isRecord ? [] : ['value'],
        pointer: `${at.pointer}/*`,
        optional: false,
        within: undefined,
        around,
      })
    }
  }

  #state(at: At, nullable: boolean): Column {
    const states = [...(at.optional || at.within ? [MISSING] : []), ...(nullable ? [NULL] : []), THERE]
    const column: Column = {
      name: at.names.take(...(at.path.length === 0 ? ['item'] : at.path), 'state'),
      type: 'integer',
      role: 'state',
      pointer: at.pointer,
      notNull: true,
      checks: [{ kind: 'in', values: states }],
    }
    at.table.columns.push(column)
    return column
  }
}

function keyColumn(part: RecordPart, member: string): Column {
  const found = part.members.find(([name]) => name === member)?.[1]
  const isPlain = found?.kind === 'scalar' && found.column.notNull
  if (!isPlain || (found.column.type !== 'text' && found.column.type !== 'integer')) {
    throw noTable(`the key "${member}" must be a required property that is a text or an integer`)
  }
  return found.column
}
