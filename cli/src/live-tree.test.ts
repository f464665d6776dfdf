import { Writable } from 'node:stream'
import { stripVTControlCharacters } from 'node:util'
import { type RunItem, RunView } from '@wonder/engine'
import { definitionOf } from '@wonder/engine/test'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { LiveTree } from './live-tree.ts'
import { Output } from './output.ts'
import { ProgressLines } from './progress-lines.ts'

beforeEach(() => {
  vi.useFakeTimers({ now: 10_000 })
})

afterEach(() => {
  vi.useRealTimers()
})

test('At a terminal the tree fits its height, shows the last log line, and stays in full at the end', async () => {
  const terminal = screen({ columns: 40, rows: 6 })
  const view = running(20)
  const tree = new LiveTree(() => view, outputTo(terminal))

  tree.log({
    run: 'r',
    node: 't0',
    token: null,
    attempt: 1,
    time: 0,
    level: 'info',
    stream: 'stdout',
    text: 'half done',
  })
  await vi.advanceTimersByTimeAsync(100)
  await vi.dynamicImportSettled()
  const frame = terminal.text()
  await tree.close()
  const last = terminal.text().slice(frame.length)

  expect(frame).toContain('t0  half done')
  expect(frame).toContain('… and 16 pending')
  expect(frame.split('\n').length).toBeLessThanOrEqual(6)
  expect(last).toContain('t19')
})

test('A run that ends within the first frame is drawn once', async () => {
  const terminal = screen({ columns: 40, rows: 6 })
  const view = running(2)
  const tree = new LiveTree(() => view, outputTo(terminal))

  await tree.close()

  expect(terminal.text()).toBe('● t0\n· t1\n')
})

test('Without a terminal what takes long is told after a second, then every ten', async () => {
  const file = screen({})
  const view = running(2)
  const lines = new ProgressLines(() => view, outputTo(file))

  await vi.advanceTimersByTimeAsync(999)
  const early = file.text()
  await vi.advanceTimersByTimeAsync(11_001)
  await lines.close()

  expect(early).toBe('')
  expect(file.text()).toBe('   1.0 s  ● t0  1.0 s\n    11 s  ● t0  11 s\n')
})

test('Without a terminal each task that ends is a line', async () => {
  const file = screen({})
  let lines: ProgressLines | undefined
  const view = running(2, (item) => lines?.changed(item))
  lines = new ProgressLines(() => view, outputTo(file))

  view.apply({
    number: 2,
    format: 1,
    time: 10_250,
    commands: [],
    events: [{ type: 'task_completed', token: '1.1', attempt: 1, output: null }],
  })
  await lines.close()

  expect(file.text()).toBe('    0 ms  ✓ t0  250 ms\n')
})

type Screen = Writable & { readonly text: () => string; readonly columns?: number; readonly rows?: number }

function screen(size: { readonly columns?: number; readonly rows?: number }): Screen {
  let text = ''
  const stream = new Writable({
    write: (chunk, _encoding, done) => {
      text += String(chunk)
      done()
    },
  })
  return Object.assign(stream, size, { isTTY: size.columns !== undefined, text: () => stripVTControlCharacters(text) })
}

function outputTo(stream: Screen): Output {
  return new Output({ json: false, quiet: false, stderr: stream as Writable as NodeJS.WriteStream })
}

/** A run of `count` tasks whose first one runs since now. */
function running(count: number, onChange?: (item: RunItem) => void): RunView {
  const refs = Array.from({ length: count }, (_, index) => `t${index}`)
  const outline = refs.map((ref) => ({ id: ref, kind: 'tool', node: ref }))
  const definition = definitionOf({ start: 't0', outline })
  const view = new RunView(definition, onChange === undefined ? {} : { onChange })
  view.apply({
    number: 1,
    format: 1,
    time: 10_000,
    commands: [],
    events: [
      { type: 'run_started', definition: 'd', project: 'p', workflow: 'w', input: {}, env: {}, seed: 1 },
      { type: 'token_created', node: 't0' },
      { type: 'task_dispatched', token: '1.1', attempt: 1, dispatch: 1, input: {} },
    ],
  })
  return view
}
