import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { openLocalHost } from '@wonder/host-local'
import { expect, test } from 'vitest'
import { seededRandom, temporaryFolder, until, WonderCommand, wonder, wonderJson, writeFiles } from '../src/index.ts'

const kills = 100
const runs = 4

const note = `shell: [sh, -c, 'echo "$0" >> "$1/keys.txt"; sleep 0.02; echo "\\"$0\\""', "{{ run.attempt_key }}", "{{ input.folder }}"], parse: json, interrupted: rerun`

/** Everything that a run can be in the middle of: tasks, a timer, a signal, children, and taking back what it did. */
const project = {
  'wonder.yaml': 'wonder: 1\nname: phases\n',
  'workflows/trip.yaml': `
id: trip
input: { folder: path }
tasks:
  - id: flight
    ${note.replaceAll(', parse', '\n    parse').replaceAll(', interrupted', '\n    interrupted')}
    compensate: [{ id: undo_flight, ${note} }]
  - { id: nap, sleep: 400ms }
  - id: wait_for_go
    wait: go
  - id: all
    each: { in: "1..3", as: n, max_workers: 2 }
    do:
      - { id: leg, workflow: leg, with: { folder: "{{ input.folder }}" } }
  - id: hotel
    ${note.replaceAll(', parse', '\n    parse').replaceAll(', interrupted', '\n    interrupted')}
    compensate: [{ id: pause, sleep: 200ms }, { id: undo_hotel, ${note} }]
  - { id: no_car, fail: "there is no car" }
finally:
  - { id: bill, ${note} }
`,
  'workflows/leg.yaml': `
id: leg
input: { folder: path }
tasks:
  - { id: ride, ${note} }
  - { id: rest, sleep: 100ms }
outputs:
  ride: "{{ tasks.ride.output.value }}"
`,
}

test(`a host that is killed ${kills} times, in whatever phase, loses nothing and does nothing twice`, async () => {
  const seed = Number(process.env.WONDER_SEED ?? Math.floor(Date.now() % 1_000_000))
  console.log(`seed ${seed} (WONDER_SEED=${seed} repeats its moments)`)
  const random = seededRandom(seed)
  await using folder = await temporaryFolder()
  await writeFiles(folder.path, project)

  let host = new WonderCommand(folder.path, ['start'])
  const started: string[] = []
  const begin = async () => {
    const { run } = await wonderJson<{ run: string }>(
      folder.path,
      'run',
      'trip',
      `folder=${folder.path}`,
      '--detach',
      '--json',
    )
    started.push(run)
  }
  try {
    for (let kill = 0; kill < kills; kill++) {
      // Runs come and are signalled all the while, so that there is something to be killed in the middle of.
      if (kill % (kills / runs) === 0) await begin()
      await after(150 + random() * 700)
      if (kill % (kills / runs) === 6) await signal(folder.path, started.at(-1) ?? '')
      await host.kill()
      host = new WonderCommand(folder.path, ['start'])
    }
    const ended = async () => (await statuses(folder.path)).filter((status) => status === 'failed').length >= runs
    await until('every trip to end', ended, 60_000)
  } finally {
    await host.kill()
  }

  const { trips, faults, dispatches, committed } = await audit(folder.path)
  expect(faults).toEqual([])
  expect(trips).toHaveLength(runs)
  // hotel, then flight: what was done is undone, the newest first, and the bill comes last.
  for (const order of trips) expect(order).toEqual(['flight', 'hotel', 'undo_hotel', 'undo_flight', 'bill'])
  const counts = new Map<string, number>()
  for (const key of (await readFile(join(folder.path, 'keys.txt'), 'utf8')).trim().split('\n')) {
    counts.set(key, (counts.get(key) ?? 0) + 1)
  }
  for (const key of committed) expect.soft(counts.get(key) ?? 0, `how often ${key} acted`).toBeGreaterThan(0)
  for (const [key, count] of counts) {
    expect.soft(count, `how often ${key} acted, of so many orders`).toBeLessThanOrEqual(dispatches.get(key) ?? 0)
  }
}, 400_000)

/** Sent twice with one key: a repetition changes nothing. Where nobody drives the run, the command does, and tells how it ended. */
async function signal(folder: string, run: string): Promise<void> {
  for (let i = 0; i < 2; i++) {
    const { stdout, stderr } = await wonder(folder, 'runs', 'signal', run, 'go', '--key', 'once')
    expect(stdout + stderr).toMatch(/was given|already|it is (failed|stopping)/)
  }
}

async function statuses(folder: string): Promise<readonly string[]> {
  const host = await openLocalHost({ project: folder, role: 'read' })
  try {
    const listed = await host.index.list({ limit: 1_000 })
    return listed.filter(({ workflow }) => workflow === 'trip').map(({ status }) => status)
  } finally {
    await host.close()
  }
}

/** What the journals of all runs say: order of the trips' tasks, orders by key, and attempts ordered again after a result. */
async function audit(folder: string) {
  const host = await openLocalHost({ project: folder, role: 'read' })
  const dispatches = new Map<string, number>()
  const committed: string[] = []
  const faults: string[] = []
  const trips: string[][] = []
  try {
    for (const { id, workflow } of await host.index.list({ limit: 1_000 })) {
      const definition = await host.definition(id)
      const nodes = new Map<string, string>()
      const order: string[] = []
      const done = new Set<string>()
      for (const { number, events } of await host.records(id)) {
        for (const [index, event] of events.entries()) {
          if (
            event.type === 'token_created' ||
            event.type === 'branch_started' ||
            event.type === 'compensation_started'
          ) {
            nodes.set(`${number}.${index}`, event.node)
          }
          if (event.type === 'joined') nodes.set(`${number}.${index}`, definition.fans[0]?.joins[0]?.node ?? '')
          if (event.type === 'token_moved') nodes.set(event.token, event.node)
          if (event.type === 'task_dispatched') {
            const key = `${id}/${event.token}/${event.attempt}`
            dispatches.set(key, event.dispatch)
            if (done.has(key)) faults.push(`${key} was ordered after its result`)
          }
          if (event.type === 'task_completed') {
            const key = `${id}/${event.token}/${event.attempt}`
            if (done.has(key)) faults.push(`${key} has two results`)
            done.add(key)
            committed.push(key)
            order.push(nodes.get(event.token) ?? '')
          }
        }
      }
      if (workflow === 'trip') trips.push(order)
      else if (order.length !== 1) faults.push(`leg ${id} rode ${order.length} times`)
    }
    const legs = (await host.index.list({ limit: 1_000 })).filter(({ workflow }) => workflow === 'leg').length
    if (legs !== runs * 3) faults.push(`${legs} legs were started`)
  } finally {
    await host.close()
  }
  return { trips, faults, dispatches, committed }
}

/** The moments of the kills are what this test draws. */
function after(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms))
}
