// `npm run bench [-- --only NAME --rounds N --quick --full --json FILE --strict]`
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { availableParallelism, cpus, loadavg, tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import type { Figure } from './figure.ts'
import { installCommand } from './install-command.ts'
import { measurePeers } from './peers/measure-peers.ts'
import type { WorkloadMessage } from './run-workload.ts'
import { table } from './table.ts'
import type { Workload } from './workload.ts'
import { workloads } from './workloads.ts'

const { values: options } = parseArgs({
  options: {
    json: { type: 'string' },
    only: { type: 'string', multiple: true },
    rounds: { type: 'string' },
    quick: { type: 'boolean', default: false },
    full: { type: 'boolean', default: false },
    strict: { type: 'boolean', default: false },
    peers: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
})
const { quick, full, only } = options
const peers = options.peers || only?.includes('peers') === true
const rounds = Number(options.rounds ?? (quick ? 2 : 5))
const chosen = workloads.filter(({ name }) => only === undefined || only.includes(name))

/** Workloads by name, in order. */
function usage(): string {
  const list = workloads.map(({ name, title }) => `  ${name.padEnd(12)} ${title}`).join('\n')
  return `npm run bench -- [--only NAME]… [--rounds N] [--quick] [--full] [--json FILE] [--strict] [--peers]\n\n${list}\n`
}

function say(workload: Workload, text: string): void {
  if (process.stderr.isTTY) process.stderr.write(`\r\x1b[K${workload.name}: ${text}`)
  else process.stderr.write(`${workload.name}: ${text}\n`)
}

async function measure(workload: Workload, root: string, wonder: string): Promise<readonly Figure[]> {
  const folder = join(root, workload.name)
  mkdirSync(folder)
  say(workload, workload.title)
  const child = fork(
    join(import.meta.dirname, 'run-workload.ts'),
    [workload.name, JSON.stringify({ folder, rounds, quick, full })],
    { env: { ...process.env, BENCH_CACHE: join(root, 'compile-cache'), WONDER_COMMAND: wonder } },
  )
  let figures: readonly Figure[] = []
  child.on('message', (message: WorkloadMessage) => {
    if ('progress' in message) say(workload, message.progress)
    else figures = message.figures
  })
  const [code] = (await once(child, 'exit')) as [number | null]
  if (process.stderr.isTTY) process.stderr.write('\r\x1b[K')
  rmSync(folder, { recursive: true, force: true })
  if (code !== 0) throw new Error(`workload "${workload.name}" ended with ${code}`)
  return figures
}

async function run(): Promise<number> {
  if (options.help || (chosen.length === 0 && !peers) || !Number.isInteger(rounds) || rounds < 1) {
    process.stderr.write(usage())
    return options.help ? 0 : 1
  }
  const root = mkdtempSync(join(tmpdir(), 'wonder-bench-'))
  process.on('exit', () => rmSync(root, { recursive: true, force: true }))
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(130))
  const wonder = process.env.WONDER_COMMAND ?? (await installCommand(join(root, 'installed')))
  const figures: Figure[] = []
  for (const workload of chosen) figures.push(...(await measure(workload, root, wonder)))
  if (peers) {
    const turns = options.rounds === undefined ? (quick ? 1 : 3) : rounds
    const tell = (text: string) => process.stderr.write(`peers: ${text}\n`)
    figures.push(...(await measurePeers({ root, rounds: turns, quick, tell, only })))
  }
  console.log(table(figures))
  const load = loadavg().map((value) => value.toFixed(1))
  console.log(
    `\nNode ${process.version}, ${availableParallelism()} × ${cpus()[0]?.model ?? 'unknown'}, load ${load.join(' ')}, ` +
      `${rounds} rounds, the command ${process.env.WONDER_COMMAND ?? 'as it is published'}${quick ? ', --quick: sizes too small to quote' : ''}`,
  )
  const missed = figures.filter(({ ok }) => ok === false)
  for (const { workload, metric, budget, best } of missed) {
    console.log(`MISSED  ${workload}: ${metric}: ${budget}, and the best round has ${best?.toFixed(2)}`)
  }
  if (options.json !== undefined) writeFileSync(options.json, `${JSON.stringify(figures, null, 2)}\n`)
  return options.strict && missed.length > 0 ? 1 : 0
}

process.exitCode = await run()
