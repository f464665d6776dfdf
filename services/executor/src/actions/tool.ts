import type { ToolDef } from '@wonder/engine'
import { InvariantError } from '@wonder/errors'
import type { JsonObject } from '@wonder/platform'
import type { Action, ActionContext } from '../action.ts'
import { ConfigReader } from '../config-reader.ts'
import { isMachineBusy } from '../machine-busy.ts'
import { resolvePermissions } from '../tool-permissions.ts'

/** `{tool, input}` → the tool's output. */
export const toolAction: Action = {
  kind: 'tool',
  async run(config, context) {
    const fields = new ConfigReader('tool', config)
    const name = fields.text('tool')
    const tool = toolOf(name, context)
    const given = fields.object('input')
    const input = context.check(tool.input, given, {
      code: 'invalid_value',
      what: `Input of tool "${name}"`,
    }) as JsonObject
    const { ports, definition } = context
    const permissions = resolvePermissions(tool.permissions, input, {
      templates: ports.templates,
      root: ports.files.root,
      allow: definition.network.allow,
    })
    const output = await ports.tools.call({
      name,
      bundle: { digest: tool.bundle, code: await ports.toolCode(tool.bundle) },
      permissions,
      input,
      idempotencyKey: context.idempotencyKey,
      env: pick(ports.env(), permissions.env ?? []),
      cwd: ports.files.root,
      ...(tool.memory === undefined ? {} : { memory: tool.memory }),
      signal: context.signal,
      onLog: ({ level, text }) => context.log(level, 'log', text),
    })
    context.check(tool.output, output, { code: 'tool_invalid_output', what: `Output of tool "${name}"` })
    return output
  },
  isPassing: isMachineBusy,
}

function toolOf(name: string, { definition }: ActionContext): ToolDef {
  const tool = Object.hasOwn(definition.tools, name) ? definition.tools[name] : undefined
  if (tool === undefined) throw new InvariantError('closure', `the definition has no tool "${name}"`)
  return tool
}

function pick(env: Readonly<Record<string, string>>, names: readonly string[]): { [name: string]: string } {
  return Object.fromEntries(names.filter((name) => Object.hasOwn(env, name)).map((name) => [name, env[name] ?? '']))
}
