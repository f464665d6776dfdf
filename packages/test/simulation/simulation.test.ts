import { type Json, mixSeed } from '@wonder/engine'
import { fits, type Oracle, randomWorkflow, referenceRun, workflow } from '@wonder/engine/test'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { SimulatedWorld } from './simulated-world.ts'

/** SIM_SEEDS=50000 looks at more; SIM_SEED=17 replays one alone. */
const { SIM_SEED, SIM_SEEDS = '10000' } = process.env
const input = { t: true, f: false }

function oracleOf(seed: number): Oracle {
  const failing = [0, 10, 40][seed % 3] ?? 0
  return (ref, path, tries) => {
    const at = `${ref}/${path.join('.')}`
    if (mixSeed(seed, `${at}/${tries}`) % 100 < failing) return undefined
    const forms: readonly Json[] = [at, [at], [at, 1], { [ref]: path.length }, 7]
    return forms[mixSeed(seed, at) % forms.length] ?? null
  }
}

async function simulate(seed: number) {
  const [parts] = fc.sample(randomWorkflow(), { seed, numRuns: 1 })
  if (parts === undefined) throw new Error('no workflow')
  const oracle = oracleOf(seed)
  const world = new SimulatedWorld(seed, oracle)
  const run = await world.start(workflow(parts), input)
  await world.live({ moments: 20_000, calmAfter: 400 })
  const state = world.shadows.get(run)?.state
  const expected = referenceRun(parts, oracle)
  expect(state?.ended?.status, 'how the run ended').toBe(expected.status)
  if (expected.status === 'completed' && !fits(state?.ended?.output, expected.output)) {
    expect(state?.ended?.output).toEqual(expected.output)
  }
  return world
}

if (SIM_SEED !== undefined) {
  test(`seed ${SIM_SEED}`, async () => {
    await simulate(Number(SIM_SEED))
  })
} else {
  test(`K1 to K8 hold, and every run comes to what plain recursion says, in ${SIM_SEEDS} worlds where everything goes wrong`, async () => {
    let crashes = 0
    let repeated = 0
    for (let seed = 1; seed <= Number(SIM_SEEDS); seed++) {
      try {
        const world = await simulate(seed)
        crashes += world.crashes
        repeated += [...world.acts.values()].filter((times) => times > 1).length
      } catch (error) {
        throw new Error(`SIM_SEED=${seed} npx vitest run packages/test/simulation`, { cause: error })
      }
    }
    // It would prove nothing if nothing went wrong.
    expect(crashes).toBeGreaterThan(Number(SIM_SEEDS) / 10)
    expect(repeated).toBeGreaterThan(0)
  }, 600_000)
}
