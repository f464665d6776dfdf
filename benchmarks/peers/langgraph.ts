import { createRequire } from 'node:module'
import { join } from 'node:path'
import { linearInput } from '../definitions.ts'
import { peerSteps, servePeer } from './serve-peer.ts'

type State = { readonly value: string; readonly items: readonly number[]; readonly results: readonly number[] }
type Update = Partial<State>
type Graph = {
  addNode(name: string, node: (state: State) => Update): Graph
  addEdge(from: string, to: string): Graph
  addConditionalEdges(from: string, route: (state: State) => readonly object[], to: readonly string[]): Graph
  compile(options: { readonly checkpointer: Saver }): { invoke(input: Update, options: object): Promise<State> }
}
type Saver = {
  readonly db: {
    prepare(sql: string): { get(): unknown }
    exec(sql: string): unknown
    pragma(text: string, options?: { readonly simple: boolean }): unknown
    close(): void
  }
}
type LangGraph = {
  readonly StateGraph: new (annotation: object) => Graph
  readonly Send: new (node: string, state: object) => object
  readonly START: string
  readonly END: string
  readonly Annotation: {
    <Value>(options?: { reducer: (a: Value, b: Value) => Value; default: () => Value }): object
    Root(fields: object): object
  }
}
type Checkpoints = { readonly SqliteSaver: { fromConnString(file: string): Saver } }

// In this process. Every step is durable before the next one: durability "sync", and SQLite's synchronous = FULL, which
// is not the checkpointer's default (with WAL that is NORMAL: the last steps are lost with the power).
await servePeer(async (modules, folder) => {
  const require = createRequire(join(modules, 'package.json'))
  const { StateGraph, Send, START, END, Annotation } = require('@langchain/langgraph') as LangGraph
  const { SqliteSaver } = require('@langchain/langgraph-checkpoint-sqlite') as Checkpoints
  const checkpointer = SqliteSaver.fromConnString(join(folder, 'checkpoints.db'))
  // Statements are kept, which the checkpointer does not do (it makes it faster): Node 24 aborts when it collects one.
  const { db } = checkpointer
  const prepare = db.prepare.bind(db)
  const statements = new Map<string, ReturnType<typeof prepare>>()
  db.prepare = (sql) => {
    const statement = statements.get(sql) ?? prepare(sql)
    statements.set(sql, statement)
    return statement
  }
  db.pragma = (text) => db.exec(`PRAGMA ${text}`)
  checkpointer.db.pragma('journal_mode = WAL')
  checkpointer.db.pragma('synchronous = FULL')
  const annotation = Annotation.Root({
    value: Annotation<string>(),
    items: Annotation<readonly number[]>(),
    results: Annotation<readonly number[]>({ reducer: (a, b) => [...a, ...b], default: () => [] }),
  })

  let steps = new StateGraph(annotation)
  for (let step = 0; step < peerSteps; step++) {
    steps = steps
      .addNode(`s${step}`, ({ value }) => ({ value }))
      .addEdge(step === 0 ? START : `s${step - 1}`, `s${step}`)
  }
  const linear = steps.addEdge(`s${peerSteps - 1}`, END).compile({ checkpointer })
  const each = new StateGraph(annotation)
    .addNode('work', ({ items }) => ({ results: items }))
    .addNode('join', () => ({ value: 'joined' }))
    .addConditionalEdges(START, ({ items }) => items.map((item) => new Send('work', { items: [item] })), ['work'])
    .addEdge('work', 'join')
    .addEdge('join', END)
    .compile({ checkpointer })

  /** Throws unless the connection that the checkpointer writes with syncs every commit. */
  const checkSync = () => {
    const { journal_mode, synchronous } = {
      ...(db.prepare('PRAGMA journal_mode').get() as { readonly journal_mode: string }),
      ...(db.prepare('PRAGMA synchronous').get() as { readonly synchronous: number }),
    }
    if (journal_mode === 'wal' && synchronous === 2) return
    throw new Error(
      `the checkpointer's connection has journal_mode ${journal_mode} and synchronous ${synchronous}, not 2`,
    )
  }

  let threads = 0
  const options = () => ({ configurable: { thread_id: `t${threads++}` }, durability: 'sync' })
  return {
    async run() {
      await linear.invoke({ value: linearInput.value }, options())
      // The checkpointer sets its connection up within the first run.
      if (threads === 1) checkSync()
    },
    async fanOut(branches) {
      const items = Array.from({ length: branches }, (_, item) => item)
      const { results } = await each.invoke({ items }, options())
      if (results.length !== branches) throw new Error(`${results.length} results of ${branches}`)
      checkSync()
    },
    async close() {
      checkpointer.db.close()
    },
  }
})
