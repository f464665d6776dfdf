/**
 * `npm run demo [-- REPOSITORY] [-- --crash]`: the health of a git repository, by default of this one.
 * With --crash the process is killed in the middle of the fan-out and a second one goes on.
 */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { parseArgs, styleText } from 'node:util'
import type { RunRecord } from '@wonder/engine'
import { type LocalHost, openLocalHost } from '@wonder/host-local'

const root = join(import.meta.dirname, '..')
const project = join(root, 'examples', 'repo-health')
const output = join(root, 'wonder-out', 'repo-health')

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { crash: { type: 'boolean', default: false } },
})
const repository = resolve(positionals[0] ?? root)
if (!existsSync(join(repository, '.git'))) {
  console.error(`Cannot look at "${repository}": it is no git repository (there is no .git in it)`)
  process.exit(6)
}

const code = values.crash ? await crash() : await wonder('run', 'health', `repository=${repository}`)
if (code === 0) await showReport()
process.exit(code)

/** Runs the command line, visible to the person who asked. */
async function wonder(...args: readonly string[]): Promise<number> {
  const [exit] = await once(start(args, 'inherit'), 'exit')
  return Number(exit ?? 1)
}

function start(args: readonly string[], stdio: 'inherit' | 'ignore') {
  return spawn(join(root, 'cli', 'bin', 'wonder'), ['--project', project, ...args], { stdio, cwd: process.cwd() })
}

/** Kills the first process in the fan-out, goes on in a second one, and says what the journal tells of both. */
async function crash(): Promise<number> {
  const host = await openLocalHost({ project, role: 'read' })
  try {
    const [before] = await host.index.list({ limit: 1 })
    say(`Starting the workflow; it is killed (SIGKILL) when a third of the files are done.`)
    const first = start(['run', 'health', `repository=${repository}`], 'ignore')
    const run = await newRun(host, before?.id, first.pid)
    const files = await fanOutSize(host, run)
    const done = await untilCompleted(host, run, Math.max(1, Math.floor(files / 3)))
    first.kill('SIGKILL')
    await once(first, 'exit')
    const killed = (await host.records(run)).length
    say(`Killed after ${done} of ${files} files, ${killed} records. Starting again:`)

    const started = Date.now()
    const exit = await wonder('runs', 'resume', run)
    const records = await host.records(run)
    const resumed = records[killed]
    if (resumed === undefined) throw new Error('the second process wrote nothing')
    const repeated = repeatedTasks(records)
    say(`Resumed ${resumed.time - started} ms after the second process was started.`)
    say(`${completed(records).length} tasks finished, ${repeated.length} of them more than once.`)
    if (repeated.length > 0) console.error(`Repeated: ${repeated.join(', ')}`)
    return repeated.length === 0 ? exit : 1
  } finally {
    await host.close()
  }
}

async function newRun(host: LocalHost, before: string | undefined, pid: number | undefined): Promise<string> {
  for (;;) {
    const [newest] = await host.index.list({ limit: 1 })
    if (newest !== undefined && newest.id !== before) return newest.id
    if (pid === undefined) throw new Error('the first process could not be started')
    await pause()
  }
}

async function fanOutSize(host: LocalHost, run: string): Promise<number> {
  for (;;) {
    for (const { events } of await host.records(run)) {
      for (const event of events) if (event.type === 'fanned_out' && event.fan === 'each_file') return event.count
    }
    await pause()
  }
}

async function untilCompleted(host: LocalHost, run: string, count: number): Promise<number> {
  for (;;) {
    const done = completed(await host.records(run)).length
    if (done >= count) return done
    await pause()
  }
}

function pause(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 10))
}

/** Attempts with a result, as `token/attempt`. */
function completed(records: readonly RunRecord[]): readonly string[] {
  return records.flatMap(({ events }) =>
    events.flatMap((event) => (event.type === 'task_completed' ? [`${event.token}/${event.attempt}`] : [])),
  )
}

/** Attempts that were ordered again, or had a result again, after their result was in the journal. */
function repeatedTasks(records: readonly RunRecord[]): readonly string[] {
  const finished = new Set<string>()
  const repeated = new Set<string>()
  for (const { events } of records) {
    for (const event of events) {
      if (event.type !== 'task_dispatched' && event.type !== 'task_completed') continue
      const attempt = `${event.token}/${event.attempt}`
      if (finished.has(attempt)) repeated.add(attempt)
      if (event.type === 'task_completed') finished.add(attempt)
    }
  }
  return [...repeated]
}

/** Puts the run's artifacts beside this repository and shows how the report begins. */
async function showReport(): Promise<void> {
  const host = await openLocalHost({ project, role: 'read' })
  try {
    const [newest] = await host.index.list({ limit: 1, workflow: 'health' })
    if (newest === undefined) return
    await mkdir(output, { recursive: true })
    for (const { events } of await host.records(newest.id)) {
      for (const event of events) {
        if (event.type !== 'artifact_saved') continue
        const { name, digest } = event.artifact
        const content = await host.artifact(digest, newest.id)
        if (content !== null) await writeFile(join(output, name), content)
        if (content !== null && name === 'report.md') await showBeginning(join(output, name))
      }
    }
    say(`The whole report: ${join(output, 'report.md')} and report.json`)
  } finally {
    await host.close()
  }
}

async function showBeginning(file: string): Promise<void> {
  const lines = (await readFile(file, 'utf8')).split('\n')
  console.log(`\n${lines.slice(0, 16).join('\n')}\n`)
}

function say(text: string): void {
  console.log(styleText('cyan', text))
}
