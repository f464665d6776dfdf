import { type Json, mixSeed } from '@wonder/engine'
import { fits, type Oracle, randomStoppingWorkflow, randomWorkflow, referenceRun, workflow } from '@wonder/engine/test'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { Chaos } from './chaos.ts'
import { done, randomFamily } from './families.ts'
import { SimulatedWorld } from './simulated-world.ts'

/** SIM_SEEDS=50000 looks at more; SIM_SEED=17 replays one alone, of both kinds. */
const { SIM_SEED, SIM_SEEDS = '10000' } = process.env
const seeds = SIM_SEED === undefined ? Array.from({ length: Number(SIM_SEEDS) }, (_, i) => i + 1) : [Number(SIM_SEED)]
const families = SIM_SEED === undefined ? seeds.filter((seed) => seed % 4 === 0) : seeds
const limits = { moments: 20_000, calmAfter: 400 }

function oracleOf(seed: number): Oracle {
  const failing = [0, 10, 40][seed % 3] ?? 0
  return (ref, path, tries) => {
    const at = `${ref}/${path.join('.')}`
    if (mixSeed(seed, `${at}/${tries}`) % 100 < failing) return undefined
    const forms: readonly Json[] = [at, [at], [at, 1], { [ref]: path.length }, 7]
    return forms[mixSeed(seed, at) % forms.length] ?? null
  }
}

/** One random workflow of lists, every other one with blocks and compensations: it comes to what plain recursion says. */
async function simulateLists(seed: number): Promise<SimulatedWorld> {
  const [parts] = fc.sample(seed % 2 === 0 ? randomWorkflow() : randomStoppingWorkflow(), { seed, numRuns: 1 })
  if (parts === undefined) throw new Error('no workflow')
  const oracle = oracleOf(seed)
  const world = new SimulatedWorld(seed, oracle)
  const run = await world.start(workflow(parts), { t: true, f: false })
  await world.live(limits)
  const ended = world.shadows.get(run)?.state.ended
  const expected = referenceRun(parts, oracle)
  expect(ended?.status, 'how the run ended').toBe(expected.status)
  if (expected.status === 'completed' && !fits(ended?.output, expected.output)) {
    expect(ended?.output).toEqual(expected.output)
  }
  return world
}

/** A run with sub-workflows, questions and signals: all of them complete, and each child was started once. */
async function simulateFamily(seed: number): Promise<SimulatedWorld> {
  const world = new SimulatedWorld(seed, (ref, path, tries) =>
    mixSeed(seed, `${ref}/${path.join('.')}/${tries}`) % 100 < 10 ? undefined : done,
  )
  const { definition, workflows, signals, output } = randomFamily(new Chaos(seed))
  const run = await world.start(definition, {}, workflows)
  for (const { name, payload } of signals) world.signal(run, name, payload)
  await world.live(limits)
  expect(world.shadows.get(run)?.state.ended).toMatchObject({ status: 'completed', output })
  for (const { state } of world.shadows.values()) expect(state.ended?.status).toBe('completed')
  return world
}

/** What befell in all worlds: it would prove nothing if nothing went wrong. */
async function troublesIn(
  chosen: readonly number[],
  simulate: (seed: number) => Promise<SimulatedWorld>,
): Promise<{ readonly crashes: number; readonly repeated: number }> {
  let crashes = 0
  let repeated = 0
  for (const seed of chosen) {
    try {
      const world = await simulate(seed)
      crashes += world.crashes
      repeated += [...world.acts.values()].filter((times) => times > 1).length
    } catch (error) {
      throw new Error(`SIM_SEED=${seed} npx vitest run packages/test/simulation`, { cause: error })
    }
  }
  return { crashes, repeated }
}

test(`K1 to K8 hold, and every run comes to what plain recursion says, in ${seeds.length} worlds where everything goes wrong`, async () => {
  const { crashes, repeated } = await troublesIn(seeds, simulateLists)
  if (SIM_SEED !== undefined) return
  expect(crashes).toBeGreaterThan(seeds.length / 10)
  expect(repeated).toBeGreaterThan(0)
}, 600_000)

test(`parents, children, people and signals find each other in ${families.length} worlds where everything goes wrong`, async () => {
  const { crashes } = await troublesIn(families, simulateFamily)
  if (SIM_SEED === undefined) expect(crashes).toBeGreaterThan(families.length / 10)
}, 600_000)

test('K1 equal seeds give equal journals', async () => {
  for (const seed of seeds.slice(0, 50)) {
    const journals = await Promise.all(
      [simulateFamily(seed), simulateFamily(seed)].map(async (world) => (await world).journals()),
    )
    expect(journals[0]).toEqual(journals[1])
  }
})
