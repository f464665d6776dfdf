import { WonderError } from '@wonder/errors'
import type { RunIndex, RunIndexEntry } from '@wonder/platform'

/**
 * The run that `word` names: a full id, its unique beginning in any case, or `last` for the newest that no run ordered.
 * Throws `run_not_found` or `run_ambiguous`.
 */
export async function findRun(index: RunIndex, word: string): Promise<RunIndexEntry> {
  if (word === 'last') {
    const [newest] = await index.list({ parent: null, limit: 1 })
    if (newest !== undefined) return newest
    throw new WonderError('run_not_found', 'There is no last run: this project has not run anything yet')
  }
  const prefix = word.toUpperCase()
  const found = await index.find(prefix)
  if (found.length > 1) {
    throw new WonderError('run_ambiguous', `Several runs begin with "${prefix}", for example ${found.join(' and ')}`)
  }
  const entry = found[0] === undefined ? null : await index.get(found[0])
  if (entry !== null) return entry
  throw new WonderError('run_not_found', `There is no run "${word}" in this project`)
}

/** The run that `--reuse` names: as `findRun`, but `last` is the newest run of the workflow. */
export async function findReused(index: RunIndex, word: string, workflow: string): Promise<string> {
  if (word !== 'last') return (await findRun(index, word)).id
  const [newest] = await index.list({ limit: 1, workflow })
  if (newest !== undefined) return newest.id
  throw new WonderError('run_not_found', `Cannot reuse the last run of "${workflow}": it has not run yet`)
}
