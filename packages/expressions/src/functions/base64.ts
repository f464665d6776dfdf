import { fromBase64, toBase64 } from '../bytes.ts'
import { failed } from '../failure.ts'
import { describe } from '../kind.ts'
import { type Call, type FunctionTable, textAt } from './cel-function.ts'

/** `base64.encode(bytes)` and `base64.decode(text)`. A text is encoded as its UTF-8. */
export const base64Functions: FunctionTable = {
  encode: { arity: [1, 1], call: encode },
  decode: { arity: [1, 1], call: decode },
}

function encode(call: Call): string {
  const [value] = call.args
  const bytes = value instanceof Uint8Array ? value : new TextEncoder().encode(textAt(call, 0))
  call.run.build(bytes.length * 2, call.site)
  return toBase64(bytes)
}

function decode(call: Call): Uint8Array {
  const text = textAt(call, 0)
  call.run.build(text.length, call.site)
  const bytes = fromBase64(text)
  if (bytes) return bytes
  throw failed(call.site, () => `base64.decode() cannot read ${describe(text)}`)
}
