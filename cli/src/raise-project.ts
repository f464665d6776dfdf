import { WonderError } from '@wonder/errors'
import type { LocalHost } from '@wonder/host-local'
import { parseDuration } from './quantity.ts'

/**
 * Sets limits of the project's budget, for good.
 *
 * @throws WonderError `invalid_usage` for a word that is no `budget=limit`, `invalid_budget` for a limit that the project has not,
 * or of which more is used or reserved already
 */
export async function raiseProject(host: LocalHost, words: readonly string[]): Promise<void> {
  const raised = Object.fromEntries(words.map(read))
  const { name: project } = await host.projectBudget()
  const budget = project === '' ? null : await host.limits.budget(project)
  const fault = (why: string) =>
    new WonderError('invalid_budget', `Cannot raise the budget of project "${project}": ${why}`)
  if (budget === null) throw fault('nothing of it was used yet; change settings.budget of wonder.yaml')
  for (const [name, limit] of Object.entries(raised)) {
    const names = Object.keys(budget.limits)
    if (!names.includes(name)) throw fault(`it has no limit "${name}", only ${names.join(', ') || 'none at all'}`)
    const taken = (budget.used[name] ?? 0) + (budget.reserved[name] ?? 0)
    if (limit < taken) throw fault(`${name} ${limit} is less than what is used or reserved already, ${taken}`)
  }
  await host.limits.raise({ project, limits: raised })
}

function read(word: string): readonly [name: string, limit: number] {
  const at = word.indexOf('=')
  const name = word.slice(0, Math.max(0, at))
  const text = word.slice(at + 1)
  const limit = name === 'wall_time' ? parseDuration(text) : Number(text.replaceAll('_', '') || Number.NaN)
  if (at > 0 && limit !== undefined && Number.isFinite(limit) && limit >= 0) return [name, limit]
  throw new WonderError('invalid_usage', `Cannot read --raise "${word}": expected budget=limit`, {
    details: { hint: 'For example: --raise tokens=500000 wall_time=12h' },
  })
}
