import { join } from 'node:path'
import { systemClock } from '@wonder/driver-process'
import { openSqliteStore } from '@wonder/driver-sqlite'
import { LimitsService } from '@wonder/limits'
import { BareStore } from './bare-store.ts'
import { figureOf } from './figure.ts'
import type { Workload } from './workload.ts'

/** Permits by key: how many are granted and given back a second, against one bare commit each. */
export const permits: Workload = {
  name: 'permits',
  title: 'permits that are granted and given back, one key and a hundred keys',
  async run({ folder, rounds, quick, progress }) {
    const many = quick ? 1_000 : 20_000
    const few = quick ? 100 : 500
    const clock = systemClock()
    const store = await openSqliteStore({ file: join(folder, 'wonder.db'), host: 'BENCH', clock, early: 'thread' })
    await store.prewarm()
    const limits = new LimitsService({ runs: store.runs, clock })
    const bare = await BareStore.open(folder)
    let made = 0
    const use = async (key: string, limit: number) => {
      made += 1
      const holder = { run: `01J${String(made).padStart(23, '0')}`, request: '1.1:1.2' }
      const answer = await limits.acquire({ key, holder, limit, whenFull: 'queue' })
      if (answer.status !== 'granted') throw new Error(`permit of "${key}": ${answer.status}`)
      await limits.release({ key, holder })
    }
    /** `atOnce` users, each of a permit at a time: permits a second. */
    const rate = async (count: number, atOnce: number, key: (user: number) => string) => {
      let left = count
      const begin = performance.now()
      await Promise.all(
        Array.from({ length: atOnce }, async (_, user) => {
          while (left-- > 0) await use(key(user), atOnce)
        }),
      )
      return (count * 1_000) / (performance.now() - begin)
    }
    const body = '{"f":1,"t":1795237292137,"e":[{"type":"granted","holder":"01M7Y7PA1DCVTBXHAS6SQR34DZ/1.1:1.2"}]}'
    const bodies = Array.from({ length: 2 * few }, () => body)
    await rate(few, 100, () => 'warm')
    const alone = []
    const one = []
    const hundred = []
    for (let round = 1; round <= rounds; round++) {
      progress(`round ${round} of ${rounds}`)
      const floor = (few * 1_000) / bare.commits(bodies)
      alone.push({ value: await rate(few, 1, () => 'alone'), floor })
      one.push({ value: await rate(many, 100, () => 'one'), floor })
      hundred.push({ value: await rate(many, 100, (user) => `key-${user}`), floor })
    }
    bare.close()
    await store.close()
    const floor = 'floor: two bare commits a permit'
    const about = { workload: 'permits', unit: '1/s' }
    return [
      figureOf({ ...about, metric: `permits one after another; ${floor}`, rounds: alone }),
      figureOf({ ...about, metric: `permits of one key, 100 at a time; ${floor}`, rounds: one }),
      figureOf({ ...about, metric: `permits of 100 keys, one each at a time; ${floor}`, rounds: hundred }),
    ]
  },
}
