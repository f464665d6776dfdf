import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import type { Figure } from '../figure.ts'
import { installPeer, type PeerPlan } from './install-peer.ts'
import { type PeerMeasure, peerFigures } from './peer-figures.ts'
import { PeerProcess } from './peer-process.ts'

const plans: readonly PeerPlan[] = [
  {
    name: 'restate',
    title: 'Restate 1.7.12',
    packages: { '@restatedev/restate-server': '1.7.12', '@restatedev/restate-sdk': '1.17.2' },
  },
  {
    name: 'langgraph',
    title: 'LangGraph 1.3.0, SQLite FULL',
    packages: { '@langchain/langgraph': '1.3.0', '@langchain/langgraph-checkpoint-sqlite': '1.0.4' },
    native: 'better-sqlite3',
  },
  {
    name: 'bullmq',
    title: 'BullMQ 6.7.0, appendfsync always',
    packages: { bullmq: '6.7.0', ioredis: '5.9.2' },
    program: 'redis-server',
  },
]

/** Each peer against us, round by round in turn. A peer that cannot be measured is told, and the others go on. */
export async function measurePeers(about: {
  readonly root: string
  readonly rounds: number
  readonly quick: boolean
  readonly tell: (text: string) => void
  /** Names of peers; without one of theirs, all of them. */
  readonly only: readonly string[] | undefined
}): Promise<readonly Figure[]> {
  const figures: Figure[] = []
  const named = plans.filter(({ name }) => about.only?.includes(name))
  for (const plan of named.length > 0 ? named : plans) {
    try {
      about.tell(`${plan.title}: installing`)
      figures.push(...peerFigures(plan.title, await against(plan, installPeer(plan), about)))
    } catch (error) {
      console.log(`SKIPPED  ${plan.title}: ${error instanceof Error ? error.message : String(error)}`)
    }
  }
  return figures
}

async function against(
  { name, title }: PeerPlan,
  modules: string,
  { root, rounds, quick, tell }: Parameters<typeof measurePeers>[0],
): Promise<readonly PeerMeasure[]> {
  const start = (file: string) => {
    const folder = join(root, `${name}-${file}`)
    mkdirSync(folder)
    return new PeerProcess({ name: file, modules, folder })
  }
  const [ours, theirs] = [start('wonder'), start(name)]
  const sizes = { single: quick ? 10 : 40, flight: quick ? 200 : 1_000, fan: quick ? 100 : 1_000 }
  const measured: PeerMeasure[] = []
  try {
    for (const one of [ours, theirs]) await one.ask({ prepare: true })
    for (let count = 1; count <= rounds; count++) {
      for (const round of ['single', 'flight', 'fan'] as const) {
        tell(`${title}: round ${count} of ${rounds}: ${round}`)
        const request = { round, size: sizes[round] }
        measured.push({ round, ours: await ours.ask(request), theirs: await theirs.ask(request) })
      }
    }
  } finally {
    await Promise.all([ours.close(), theirs.close()])
  }
  return measured
}
