import { child, itemsOf, type Tree, textOf } from '../tree.ts'
import type { SourceFiles } from './source-files.ts'

/** What the tools of a project may reach, by the words of Deno; a list that is empty means everything. */
export type ToolPermissions = ReadonlyMap<string, readonly string[]>

const WORDS = ['read', 'write', 'net', 'env', 'run']
const FLAG = /--allow-(\w+)(?:=([^\s"']+))?/g

/** Flags of the project's runtime, else those and the permissions of deno.json. */
export async function readPermissions(runtime: Tree | undefined, files: SourceFiles): Promise<ToolPermissions> {
  const flags = itemsOf(child(runtime, 'permissions')).flatMap((item) => textOf(item) ?? [])
  const found = new Map<string, readonly string[]>()
  for (const flag of flags) addFlags(flag, found)
  if (found.size > 0) return found
  const deno = (await files.text('deno.json')) ?? (await files.text('deno.jsonc')) ?? ''
  addFlags(deno, found)
  const json = parsed(deno)
  const sets = typeof json === 'object' && json !== null && 'permissions' in json ? json.permissions : undefined
  const set = isRecord(sets) ? (isRecord(sets.default) ? sets.default : sets) : {}
  for (const word of WORDS) {
    const value = set[word]
    if (value === true) found.set(word, [])
    else if (Array.isArray(value))
      found.set(
        word,
        value.filter((each) => typeof each === 'string'),
      )
  }
  return found.size === 0 ? new Map([['read', []]]) : found
}

function addFlags(text: string, found: Map<string, readonly string[]>): void {
  for (const [, word = '', list] of text.matchAll(FLAG)) {
    const words = word === 'all' ? WORDS : [word]
    for (const each of words) if (WORDS.includes(each)) found.set(each, list === undefined ? [] : list.split(','))
  }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    // Not there, or with comments: then only its flags are seen.
    return undefined
  }
}

function isRecord(value: unknown): value is { readonly [key: string]: unknown } {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
