import { InvariantError } from '@wonder/errors'
import type { JsonObject } from '@wonder/platform'
import type { Action, ActionContext } from '../action.ts'
import { ConfigReader } from '../config-reader.ts'

/** `{text}` or `{template: digest}`, with `data` as the scope and `escape: 'none' | 'html'` → `{text}`. */
export const renderAction: Action = {
  kind: 'render',
  run(config, context) {
    const fields = new ConfigReader('render', config)
    const { key, text } = templateOf(fields, context)
    const sink = fields.oneOf('escape', ['none', 'html'], 'none')
    return { text: context.ports.templates.get(sink, key, text).render(fields.object('data')) }
  },
  textOf: (output: JsonObject) => output.text,
}

function templateOf(
  fields: ConfigReader,
  { definition }: ActionContext,
): { readonly key: string; readonly text: string } {
  const digest = fields.optionalText('template')
  if (digest === undefined) {
    const text = fields.text('text')
    return { key: text, text }
  }
  if (!Object.hasOwn(definition.texts, digest))
    throw new InvariantError('closure', `the definition has no text ${digest}`)
  return { key: digest, text: definition.texts[digest]?.text ?? '' }
}
