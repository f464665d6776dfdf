import type { RunIndexEntry } from '@wonder/platform'

const prefix = 'environment:'

/** A run's tags, with the one that says which environment it was started in: it goes on in that one only. */
export function taggedWithEnvironment(
  tags: readonly string[] | undefined,
  environment: string | undefined,
): readonly string[] {
  return environment === undefined ? (tags ?? []) : [...(tags ?? []), `${prefix}${environment}`]
}

/** The environment that a run was started in; undefined when in none. */
export function environmentOf({ tags }: Pick<RunIndexEntry, 'tags'>): string | undefined {
  return tags.find((tag) => tag.startsWith(prefix))?.slice(prefix.length)
}
