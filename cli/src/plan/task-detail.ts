import type { Definition, Expr, NodeDef, StepDef } from '@wonder/engine'
import { expressionText, fieldOf, timeText } from './expression-text.ts'
import { joinText } from './group-detail.ts'

/** The step of a task, or of what processes the signals of a wait, with what it is given: the task's input stands in for a config that is not there. */
export type TaskStep = { readonly step: StepDef; readonly config: Expr | undefined }

export function stepsOf(definition: Definition, node: NodeDef): readonly TaskStep[] {
  const { does } = node
  const work = does.kind === 'wait' ? does.processor : does.kind === 'task' ? does : undefined
  if (work === undefined) return []
  const task = Object.hasOwn(definition.tasks, work.task) ? definition.tasks[work.task] : undefined
  return (task?.steps ?? []).map((step) => ({ step, config: step.config ?? work.input }))
}

/** What a node works with, in a few words: the tool, the program, the host, the state it sets. */
export function detailOf(definition: Definition, node: NodeDef): string | undefined {
  const { does } = node
  if (does.kind === 'set') return does.values.map(({ path }) => path.join('.')).join(', ')
  if (does.kind === 'fail' || does.kind === 'error') return expressionText(does.message)
  if (does.kind === 'join') return joinOf(definition, node.ref)
  if (does.kind === 'sleep') return does.until === undefined ? timeText(does.for) : `until ${timeText(does.until)}`
  if (does.kind === 'wait') return expressionText(does.signal)
  if (does.kind === 'signal') return expressionText(does.name)
  if (does.kind === 'ask') return expressionText(does.text)
  if (does.kind === 'workflow') return does.workflow
  const steps = stepsOf(definition, node)
  if (steps.length > 1) return steps.map(({ step }) => step.ref).join(', ')
  const saved = does.kind === 'task' && does.save !== undefined ? expressionText(does.save) : undefined
  const [only] = steps
  return only === undefined ? undefined : (stepDetail(only) ?? saved)
}

/** The program of a shell step; its first words. */
export function programOf(config: Expr | undefined): string | undefined {
  const command = fieldOf(config, 'command')
  if (command !== undefined) {
    if ('lit' in command && Array.isArray(command.lit)) return command.lit.map(String).join(' ')
    return 'list' in command ? command.list.map(expressionText).join(' ') : expressionText(command)
  }
  const script = fieldOf(config, 'script')
  return script === undefined ? undefined : expressionText(script).trim().split('\n', 1)[0]
}

/** The address of an HTTP step as it is written. */
export function addressOf(config: Expr | undefined): string | undefined {
  const url = fieldOf(config, 'url')
  return url === undefined ? undefined : expressionText(url)
}

/** The host of an address, where it is written out. */
export function hostOf(address: string): string | undefined {
  const host = /^https?:\/\/(?:[^/@{}]*@)?(\[[^\]]+\]|[^/:?#{}\s]+)(?::\d+)?(?:[/?#]|$)/i.exec(address)?.[1]
  return host?.toLowerCase()
}

function stepDetail({ step, config }: TaskStep): string | undefined {
  switch (step.action) {
    case 'tool': {
      const tool = fieldOf(config, 'tool')
      return tool === undefined ? undefined : expressionText(tool)
    }
    case 'shell':
      return programOf(config)
    case 'http': {
      const address = addressOf(config)
      const method = fieldOf(config, 'method')
      if (address === undefined) return undefined
      return `${method === undefined ? 'GET' : expressionText(method)} ${hostOf(address) ?? address}`
    }
    default:
      return undefined
  }
}

function joinOf({ fans }: Definition, node: string): string | undefined {
  const join = fans.flatMap(({ joins }) => joins).find((one) => one.node === node)
  return join === undefined ? undefined : joinText(join) || 'all'
}
