import type { Json, NodeWork, OutlineItem } from '@wonder/engine'
import { nearest } from '@wonder/errors'
import type { Doors } from './group-compiler.ts'
import type { ListCompiler } from './list-compiler.ts'
import { nodeOf, type Place, type TaskResult } from './place.ts'
import type { Scope } from './scope.ts'
import type { Body, Task } from './task.ts'
import { child, entriesOf, textOf } from './tree.ts'

type Way = {
  readonly label: Json
  readonly if: string | undefined
  readonly body: Body
  readonly asks: readonly string[]
}

/** Compiles `route`: one way of several, by conditions or by cases. */
export class RouteCompiler {
  readonly #lists: ListCompiler

  constructor(lists: ListCompiler) {
    this.#lists = lists
  }

  compile(task: Task, place: Place, { open, value, close }: Doors): TaskResult {
    const { builder } = this.#lists.parts
    const cases = task.value.kind !== 'list'
    const ways = cases ? this.#cases(task, place.scope) : this.#arms(task, place.scope)
    const outline: OutlineItem[] = []
    let reached = false
    for (const [priority, way] of ways.entries()) {
      const flow = place.flow.inside()
      const scope = asking(place.scope, way)
      const list = this.#lists.compile(way.body.tasks, {
        ...place,
        scope,
        exit: { to: value },
        flow,
        parallel: false,
      })
      outline.push(...list.outline)
      reached ||= list.flow !== undefined
      const condition = way.if === undefined ? {} : { if: way.if }
      builder.transition({ from: open, to: list.entry ?? value, priority, ...condition, label: way.label })
    }
    const partial = ways.every((way) => way.if !== undefined)
    if (partial && cases) this.#unknownCase(task, place, { ways, open })
    if (partial && !cases) builder.transition({ from: open, to: value, priority: ways.length, label: null })
    close({ kind: 'route', open })
    const ends = ways.length > 0 && !reached && !(partial && !cases)
    return {
      schema: {
        type: 'object',
        properties: { taken: true, output: true },
        required: ['taken', 'output'],
        additionalProperties: false,
      },
      ends,
      outline: { children: outline },
    }
  }

  #arms(task: Task, scope: Scope): readonly Way[] {
    const { problems, values } = this.#lists.parts
    return task.bodies.map((body, index) => {
      if (body.if === undefined) {
        if (index < task.bodies.length - 1) {
          problems.add({
            code: 'unreachable_task',
            message: 'an arm without `if` takes everything, so the arms after it are never reached',
            at: { file: body.tree.file, span: firstLine(body) },
            help: 'Put it last, or give it an `if`.',
          })
        }
        return { label: 'otherwise', if: undefined, body, asks: [] }
      }
      const condition = values.condition(body.if, scope)
      return { label: index, if: condition ?? 'false', body, asks: [textOf(body.if) ?? ''] }
    })
  }

  #cases(task: Task, scope: Scope): readonly Way[] {
    const { problems, values } = this.#lists.parts
    const source = values.cel(task.value, scope)
    if (child(task.tree, 'cases') === undefined || task.bodies.length === 0) {
      problems.add({
        code: 'missing_field',
        message: 'a route by value needs "cases"',
        at: task.value,
        help: 'Write cases: { value: [tasks], default: [tasks] }, or a list of { if, do }.',
      })
      return []
    }
    this.#impossible(task, scope)
    const ways = task.bodies.map((body): Way => {
      const label = body.case?.label ?? ''
      const condition = `string(${source ?? 'null'}) == ${JSON.stringify(label)}`
      return { label, if: label === 'default' ? undefined : condition, body, asks: [textOf(task.value) ?? ''] }
    })
    return [...ways.filter((way) => way.if !== undefined), ...ways.filter((way) => way.if === undefined)]
  }

  /** Where the values are fixed words: a case that is none of them, and a word without a case. */
  #impossible(task: Task, scope: Scope): void {
    const { problems, values } = this.#lists.parts
    const words = values.words(task.value, scope)
    if (words === undefined) return
    const source = textOf(task.value)
    const labels = task.bodies.flatMap((body) => body.case?.label ?? [])
    for (const { key, keySpan, value } of entriesOf(child(task.tree, 'cases'))) {
      if (key === 'default' || words.includes(key)) continue
      const near = nearest(key, words)
      const help = near === undefined ? `Its values are ${words.join(', ')}.` : `Did you mean "${near}"?`
      const at = { file: value.file, span: keySpan }
      problems.add({ code: 'unreachable_task', message: `${source} is never "${key}"`, at, help })
    }
    const missing = words.filter((word) => !labels.includes(word))
    if (missing.length === 0 || labels.includes('default')) return
    problems.add({
      code: 'unknown_case',
      severity: 'warning',
      message: `there is no case for ${missing.map((word) => `"${word}"`).join(', ')}, which fails the task`,
      at: task.value,
      help: 'Add a case, or default: [].',
    })
  }

  /** A value without a case fails the route, and says which cases there are. */
  #unknownCase(
    task: Task,
    place: Place,
    { ways, open }: { readonly ways: readonly Way[]; readonly open: string },
  ): void {
    const { builder } = this.#lists.parts
    const ref = `${task.id}:unknown`
    const labels = ways.map(({ label }) => String(label)).join(', ')
    const text = `Cannot route "${task.id}": there is no case "{{= string(${textOf(task.value) ?? 'null'}) }}"; the cases are ${labels}`
    const does: NodeWork = { kind: 'error', code: 'unknown_case', message: { text, sink: 'none' } }
    builder.node(nodeOf(ref, does, { error: place.error }))
    builder.transition({ from: open, to: ref, priority: ways.length })
  }
}

/** Inside an arm what its condition asks about is known. */
function asking(scope: Scope, way: Way): Scope {
  const { tasks } = scope
  if (tasks === undefined || way.asks.length === 0) return scope
  const ids = way.asks.flatMap((text) => [...text.matchAll(/\btasks\.\??(\w+)/g)].flatMap(([, id]) => id ?? []))
  return {
    ...scope,
    tasks: { ...tasks, asked: new Set([...tasks.asked, ...ids]), ifs: new Set([...tasks.ifs, ...way.asks]) },
  }
}

function firstLine(body: Body) {
  const { start } = body.tree.span
  return { start, end: start + 1 }
}
