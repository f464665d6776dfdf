// Child process of src/sqlite-store.crash.test.ts: appends as fast as it can and prints each acknowledged one, until it is killed.
import { writeSync } from 'node:fs'
import { openSqliteStore } from '../src/index.ts'

const [file = '', host = '', runs = '8', early = 'here'] = process.argv.slice(2)
const clock = { now: () => Date.now(), at: () => () => {} }
const store = await openSqliteStore({ file, host, clock, early: early === 'here' ? 'here' : 'thread' })

const pause = new Int32Array(new SharedArrayBuffer(4))

/** Written at once, so that what was printed before the kill had been acknowledged before it; waits while the pipe is full. */
function print(line: string): void {
  for (;;) {
    try {
      writeSync(1, line)
      return
    } catch (thrown) {
      if (!(thrown instanceof Error && 'code' in thrown && thrown.code === 'EAGAIN')) throw thrown
      Atomics.wait(pause, 0, 0, 1)
    }
  }
}

async function write(id: string): Promise<void> {
  for (let expected = 0; ; ) {
    const records = Array.from({ length: 1 + (expected % 3) }, (_, place) => ({
      number: expected + place + 1,
      body: `${id}:${expected + place + 1}`,
    }))
    await store.runs.append({ entity: { kind: 'run', id }, expected, records, wake: 1 })
    expected += records.length
    print(`${id} ${expected}\n`)
    if (expected % 50 === 0)
      await store.runs.saveSnapshot({ kind: 'run', id }, { number: expected, chunks: [id, `${expected}`] })
  }
}

await Promise.all(Array.from({ length: Number(runs) }, (_, number) => write(`${host}-${number}`)))
