import type { Definition } from '../src/index.ts'

/** A definition of which only the given parts matter. */
export function definitionOf(parts: Partial<Definition>): Definition {
  return {
    format: 1,
    project: 'p',
    workflow: 'w',
    input: { type: 'object' },
    state: { schema: {}, initial: {} },
    env: [],
    secrets: [],
    nodes: [],
    transitions: [],
    fans: [],
    start: 'a',
    tasks: {},
    tools: {},
    texts: {},
    network: { allow: [] },
    outline: [],
    ...parts,
  }
}
