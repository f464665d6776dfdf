import type { Node } from 'yaml'
import { child, type Entry, entriesOf, entryOf, itemsOf, type MapTree, type Tree, textOf } from '../tree.ts'
import { duration } from './convert-retry.ts'
import { plainNode } from './convert-value.ts'
import type { SourceScope } from './scope-of-source.ts'
import type { WorkflowContext } from './workflow-context.ts'
import { listOf, MapWriter } from './yaml-writer.ts'

/** What arrives is the input. */
const WHOLE = '{{ payload }}'
const SCOPE: SourceScope = { chain: [], payload: true, secrets: true }

/** Writes what starts a workflow: webhooks, schedules and signals. */
export class TriggerWriter {
  readonly #context: WorkflowContext

  constructor(context: WorkflowContext) {
    this.#context = context
  }

  write(tree: MapTree): Node | undefined {
    const single = child(tree, 'trigger')
    const all = [...(single === undefined ? [] : [single]), ...itemsOf(child(tree, 'triggers'))]
    const nodes = all.flatMap((trigger) => this.#trigger(trigger))
    const schedule = entryOf(tree, 'schedule')
    if (schedule !== undefined) nodes.push(...this.#schedule(schedule.value))
    return nodes.length === 0 ? undefined : listOf(nodes)
  }

  #trigger(trigger: Tree): readonly Node[] {
    const { remarks, problems } = this.#context
    const type = textOf(child(trigger, 'type')) ?? 'webhook'
    const at = child(trigger, 'type') ?? trigger
    if (type === 'schedule') return this.#schedule(child(trigger, 'schedule') ?? trigger)
    if (type === 'signal') {
      remarks.later(at, `A signal starts this workflow.`)
      const signal = new MapWriter()
        .set('name', textOf(child(trigger, 'name')) ?? '', entryOf(trigger, 'name'))
        .set('input', WHOLE)
      return [new MapWriter().set('signal', signal.node).node]
    }
    if (type !== 'webhook') {
      problems.add({
        code: 'source_type_unknown',
        message: `there is no type of trigger "${type}"`,
        at,
        help: 'The types are webhook, signal and schedule.',
      })
      return []
    }
    remarks.later(at, 'A webhook starts this workflow.')
    const webhook = child(trigger, 'webhook')
    if (webhook !== undefined) return this.#webhook(webhook)
    const url = entryOf(child(trigger, 'config'), 'url')
    const slug = (textOf(url?.value) ?? '').replace(/^\/+|\/+$/g, '').replaceAll('/', '-')
    if (url !== undefined)
      remarks.decide(
        url.value,
        `The address of the webhook is made of the slug "${slug}": tell who calls "${textOf(url.value)}".`,
      )
    if (entryOf(trigger, 'on_error') !== undefined)
      remarks.decide(
        child(trigger, 'on_error') ?? trigger,
        '`on_error` of a trigger was left out: write one for the workflow.',
      )
    return [new MapWriter().set('webhook', new MapWriter().set('slug', slug, url).set('input', WHOLE).node).node]
  }

  /** One trigger an event: the first whose filter holds was taken, so here each has a filter of its own. */
  #webhook(webhook: Tree): readonly Node[] {
    const { remarks, cel, values } = this.#context
    const method = child(webhook, 'method')
    if (method !== undefined && textOf(method)?.toUpperCase() !== 'POST')
      remarks.decide(method, 'Webhooks are called with POST: the method was left out.')
    const events = itemsOf(child(webhook, 'events'))
    if (events.length > 1)
      remarks.changed(
        child(webhook, 'events') ?? webhook,
        'Each event is a trigger of its own; several may start a run for one request.',
      )
    return (events.length === 0 ? [undefined] : events).map((event) => {
      const node = new MapWriter().set('slug', textOf(child(webhook, 'slug')) ?? '', entryOf(webhook, 'slug'))
      const verify = this.#verify(child(webhook, 'verify'))
      if (verify !== undefined) node.set('verify', verify, entryOf(webhook, 'verify'))
      const filter = entryOf(event, 'filter')
      if (filter !== undefined) node.set('if', cel.convert(filter.value, textOf(filter.value) ?? 'true', SCOPE), filter)
      const dedupe = this.#dedupe(child(webhook, 'dedupe'))
      node.set('dedupe', dedupe)
      const input = entryOf(event, 'input')
      node.set('input', input === undefined ? WHOLE : values.value(input.value, SCOPE), input)
      const schema = entryOf(event, 'schema')
      if (schema !== undefined)
        remarks.changed(
          { file: schema.value.file, span: schema.keySpan },
          'The schema of an event was left out: the input of the workflow is checked.',
        )
      const made = new MapWriter().set('webhook', node.node).node
      const name = textOf(child(event, 'name'))
      if (name !== undefined) made.commentBefore = ` ${name}`
      return made
    })
  }

  #verify(verify: Tree | undefined): Node | undefined {
    const strategy = textOf(child(verify, 'strategy'))
    if (verify === undefined || strategy === undefined || strategy === 'none') return undefined
    const map = new MapWriter().set('type', strategy)
    for (const key of ['secret', 'header', 'skew'] as const) {
      const entry = entryOf(verify, key)
      if (entry !== undefined)
        map.set(
          key,
          key === 'skew'
            ? duration(entry.value, this.#context.remarks)
            : this.#context.values.value(entry.value, SCOPE),
        )
    }
    map.node.flow = true
    return map.node
  }

  #dedupe(dedupe: Tree | undefined): string | undefined {
    const enabled = child(dedupe, 'enabled')
    if (dedupe === undefined || (enabled?.kind === 'scalar' && enabled.value === false)) return undefined
    const key = textOf(child(dedupe, 'key'))
    if (child(dedupe, 'ttl') !== undefined)
      this.#context.remarks.decide(child(dedupe, 'ttl') ?? dedupe, 'How long a request is remembered was left out.')
    if (key === undefined || /^x-idempotency-key$/i.test(key)) return 'headers["x-idempotency-key"]'
    return `payload.${key.replace(/^payload\./, '')}`
  }

  #schedule(schedule: Tree): readonly Node[] {
    const { remarks } = this.#context
    remarks.later(schedule, 'A schedule starts this workflow.')
    const enabled = child(schedule, 'enabled')
    if (enabled?.kind === 'scalar' && enabled.value === false) {
      remarks.decide(
        enabled,
        'The schedule is switched off and was left out: set `triggers: false` in an environment instead.',
      )
      return []
    }
    const map = new MapWriter()
    for (const entry of entriesOf(schedule)) this.#scheduled(map, entry)
    return [new MapWriter().set('schedule', map.node).node]
  }

  #scheduled(map: MapWriter, entry: Entry): void {
    const { remarks } = this.#context
    const { key, value } = entry
    switch (key) {
      case 'cron':
        if ((textOf(value) ?? '').trim().split(/\s+/).length > 5)
          remarks.decide(value, 'This cron has more than five fields: a schedule has none for seconds or years.')
        map.set('cron', textOf(value) ?? '', entry)
        break
      case 'timezone':
        map.set(key, textOf(value) ?? 'UTC', entry)
        break
      case 'overlap_policy':
        map.set('overlap', textOf(value) ?? 'skip', entry)
        break
      case 'jitter':
        map.set(key, duration(value, remarks), entry)
        break
      case 'input':
        map.set(key, plainNode(value), entry)
        break
      case 'enabled':
      case 'type':
        break
      default:
        remarks.decide({ file: value.file, span: entry.keySpan }, `"${key}" of a schedule was left out.`)
    }
  }
}
