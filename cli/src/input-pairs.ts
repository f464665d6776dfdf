import { readFile } from 'node:fs/promises'
import { WonderError } from '@wonder/errors'

/**
 * Reads `name=value` words; `name=@file` is the text of the file, `name=@@x` the text `@x`.
 * Throws `invalid_input` for a word without `=`, a name given twice and a file that cannot be read.
 */
export async function readInputPairs(words: readonly string[]): Promise<{ [name: string]: string }> {
  const pairs = new Map<string, string>()
  for (const word of words) {
    const at = word.indexOf('=')
    if (at < 1) {
      throw new WonderError('invalid_input', `Cannot read the input "${word}": expected name=value`, {
        details: { hint: `For example: ${at === 0 ? 'name' : word}=value, or ${at === 0 ? 'name' : word}=@file` },
      })
    }
    const name = word.slice(0, at)
    if (pairs.has(name)) throw new WonderError('invalid_input', `Input "${name}" is given twice`)
    pairs.set(name, await readValue(name, word.slice(at + 1)))
  }
  return Object.fromEntries(pairs)
}

async function readValue(name: string, text: string): Promise<string> {
  if (text.startsWith('@@')) return text.slice(1)
  if (!text.startsWith('@') || text.length === 1) return text
  const file = text.slice(1)
  try {
    return await readFile(file, 'utf8')
  } catch (cause) {
    const reason = (cause as NodeJS.ErrnoException).code === 'ENOENT' ? 'there is no such file' : 'it cannot be read'
    throw new WonderError('invalid_input', `Cannot read "${file}" for input "${name}": ${reason}`, {
      details: { hint: `For the text "@${file}" itself write: ${name}=@@${file}` },
      cause,
    })
  }
}
