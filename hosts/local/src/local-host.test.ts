import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { type LocalHost, openLocalHost } from './index.ts'

let folder: string
const hosts: LocalHost[] = []

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'wonder-host-'))
  await mkdir(join(folder, 'workflows'))
  await writeFile(
    join(folder, 'wonder.yaml'),
    'wonder: 1\nname: test\nenvironments: { production: { env: { A: b } } }\n',
  )
  await writeFile(
    join(folder, 'workflows', 'gated.yaml'),
    `id: gated\ntasks:\n  - { id: wait, shell: [sh, -c, 'while [ ! -e go ]; do sleep 0.02; done'], interrupted: rerun }\n  - { id: then, shell: [echo], interrupted: rerun }\n`,
  )
})

afterEach(async () => {
  await Promise.all(hosts.splice(0).map((host) => host.close()))
  await rm(folder, { recursive: true, maxRetries: 5 })
})

async function open(role: 'start' | 'run' | 'read', environment?: string): Promise<LocalHost> {
  const host = await openLocalHost({ project: folder, role, ...(environment === undefined ? {} : { environment }) })
  hosts.push(host)
  return host
}

async function start(host: LocalHost): Promise<string> {
  const loaded = await host.loadProject()
  const workflow = loaded.ok ? loaded.project.workflows.get('gated') : undefined
  if (!loaded.ok || workflow === undefined) throw new Error('the workflow does not compile')
  return await host.startRun({ workflow, project: loaded.project, input: {}, by: 'test' })
}

test('a run has one owner: another host is told so, and gives its commands to the owner', async () => {
  const owner = await open('run')
  const other = await open('run')
  const run = await start(owner)

  expect(await other.takeOver(run)).toBe('owned_elsewhere')
  expect(await other.command(run, { kind: 'pause' }, 'test')).toEqual({ status: 'accepted' })
  await writeFile(join(folder, 'go'), '')
  expect(await owner.whenResting(run)).toBe('paused')
})

test('a host that leaves lets go of its runs, its socket and its folders', async () => {
  const first = await open('run')
  const run = await start(first)
  await first.close()
  await writeFile(join(folder, 'go'), '')
  const second = await open('run')

  expect(await second.takeOver(run)).toBe('taken')
  expect(await second.whenResting(run)).toBe('completed')
  expect(await second.takeOver(run)).toBe('ended')
  expect(await readdir(join(folder, '.wonder', 'hosts'))).toHaveLength(1)
  expect(await readdir(join(folder, '.wonder', 'groups')).catch(() => [])).not.toContain(first.id)
})

test('a start takes up the runs of its own environment only', async () => {
  const production = await open('run', 'production')
  const run = await start(production)
  await production.close()
  await writeFile(join(folder, 'go'), '')

  expect(await (await open('start')).recoverAll()).toEqual({ runs: 0, failed: [] })
  const right = await open('start', 'production')
  expect(await right.recoverAll()).toEqual({ runs: 1, failed: [] })
  expect(await right.whenResting(run)).toBe('completed')
})

test('a host that was closed can be closed again, and beats no more', async () => {
  const host = await open('start')
  await Promise.all([host.close(), host.close()])
  expect(await readdir(join(folder, '.wonder', 'hosts'))).toEqual([])
})
