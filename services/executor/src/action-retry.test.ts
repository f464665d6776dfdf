import { closeSync, copyFileSync, openSync } from 'node:fs'
import { createServer, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import { message, scenario } from '../test/scenario.ts'

type Answer = { readonly status: number; readonly headers?: { readonly [name: string]: string } } | 'hang up'

const seen: IncomingMessage[] = []
/** What the server answers next; then 200. */
let answers: Answer[] = []
const server = createServer((request, response) => {
  seen.push(request)
  const answer = answers.shift() ?? { status: 200 }
  if (answer === 'hang up') request.socket.destroy()
  else response.writeHead(answer.status, { ...answer.headers, 'content-type': 'application/json' }).end('{"ok":true}')
})
let url = ''
let host = ''

beforeAll(async () => {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  host = `127.0.0.1:${(server.address() as AddressInfo).port}`
  url = `http://${host}/`
})
afterAll(() => server.close().closeAllConnections())
beforeEach(() => {
  seen.length = 0
  answers = []
})

const http = (options: Parameters<typeof scenario>[0] = {}) =>
  scenario({ steps: [{ action: 'http' }], definition: { network: { allow: [host] } }, ...options })
const busy = { status: 503, headers: { 'retry-after': '0' } }

describe('an action that fails for what is around it', () => {
  it('is done again within the attempt, with the same idempotency key, and one result is reported', async () => {
    answers = [busy, { status: 429, headers: { 'retry-after': '0' } }]
    const one = http()
    expect(await one.output({ url, method: 'POST', body: {} })).toMatchObject({ status: 200, body: { ok: true } })
    const keys = seen.map(({ headers }) => headers['idempotency-key'])
    expect([keys.length, new Set(keys).size]).toEqual([3, 1])
    expect(one.reports).toHaveLength(1)
    expect(one.reports[0]?.result).not.toHaveProperty('usage')
  })

  it('is done again when the connection breaks off, if it is harmless', async () => {
    answers = ['hang up', { status: 502 }, { status: 504 }]
    expect(await http().output({ url })).toMatchObject({ status: 200 })
    expect(seen).toHaveLength(4)
  })

  it('fails after four tries with what was said last', async () => {
    answers = Array.from({ length: 9 }, () => busy)
    expect(await http().order({ url })).toMatchObject({
      status: 'failed',
      error: { code: 'http_status', retry: 'after' },
    })
    expect(seen).toHaveLength(4)
  })

  it.each([
    ['may have done something', 'POST', 'hang up' as const],
    ['may have done something', 'POST', { status: 502 }],
    ['failed for itself', 'GET', { status: 500 }],
    ['failed for itself', 'GET', { status: 404 }],
  ])('is not done again where it %s', async (_why, method, answer) => {
    answers = [answer]
    expect(await http().order({ url, method })).toMatchObject({ status: 'failed' })
    expect(seen).toHaveLength(1)
  })

  it('is not waited for longer than the time of the attempt, nor than 30 s: that is the task’s to retry', async () => {
    answers = [
      { status: 429, headers: { 'retry-after': '20' } },
      { status: 429, headers: { 'retry-after': '3600' } },
    ]
    const first = await http({ task: { timeout: 5_000 } }).order({ url })
    const second = await http().order({ url })
    expect([first, second]).toMatchObject([{ error: { retryAfter: 20_000 } }, { error: { retryAfter: 3_600_000 } }])
    expect(seen).toHaveLength(2)
  })

  it('ends with an abort while it waits', async () => {
    answers = [{ status: 429, headers: { 'retry-after': '20' } }]
    const one = http()
    void one.order({ url })
    await vi.waitUntil(async () => (await one.lines()).some((line) => line.includes('trying again')))
    one.coordinator.abort(message)
    await one.executor.stop()
    expect([seen.length, one.reports]).toEqual([1, []])
  })

  it('is a program that cannot be started now: it starts when it can', async () => {
    const one = scenario({ steps: [{ action: 'shell' }] })
    const program = join(one.root, 'program')
    copyFileSync('/bin/echo', program)
    // Open for writing, it cannot be executed: ETXTBSY.
    const held = openSync(program, 'r+')
    const output = one.output({ command: ['./program', 'hi'] })
    setTimeout(() => closeSync(held), 100)
    expect(await output).toMatchObject({ stdout: 'hi\n' })
  })
})

describe('usage', () => {
  it('is reported where it is not one step and its tool call', async () => {
    const one = scenario({
      steps: [
        { ref: 'a', action: 'mock', config: { lit: { output: 1 } } },
        { ref: 'b', action: 'mock', if: 'false', config: { lit: { output: 2 } } },
        { ref: 'c', action: 'mock', config: { lit: { output: 3, usage: { tokens: 70, cost_usd: 0.02 } } } },
      ],
    })
    await one.order({})
    expect(one.reports.map(({ result }) => result.usage)).toEqual([
      undefined,
      { steps: 0 },
      { steps: 1, tokens: 70, cost_usd: 0.02 },
    ])
  })

  it('of a failure is reported, too', async () => {
    const one = scenario({
      steps: [{ action: 'mock', config: { lit: { usage: { tokens: 5 }, fail: { code: 'broken' } } } }],
    })
    expect(await one.order({})).toMatchObject({ status: 'failed', usage: { steps: 1, tokens: 5 } })
  })
})
