import { describe, expect, test } from 'vitest'
import { definitionOf } from '../test/definition-of.ts'
import { type Task, workflow } from '../test/lists.ts'
import { SimulatedRun } from '../test/simulated-run.ts'
import {
  closureDigest,
  createRunState,
  type Definition,
  decide,
  decodeRecord,
  decodeSnapshot,
  encodeRecord,
  encodeSnapshot,
  evolveRecord,
  type Json,
  recordFormat,
  validateDefinition,
} from './index.ts'

const task = (id: string): Task => ({ id, kind: 'task' })
const started = (input: Json = {}, parts: Partial<Definition> = {}) => {
  const simulated = new SimulatedRun({ ...workflow({ tasks: [task('a'), task('b')] }), ...parts })
  const decided = simulated.start(input)
  return { simulated, decided }
}

describe('a record', () => {
  test('reads back as it was written', () => {
    const { simulated, decided } = started()
    const { record } = decided
    expect(decodeRecord('r', 1, simulated.journal[0] ?? '')).toEqual(record)
    expect(JSON.parse(simulated.journal[0] ?? '')).toMatchObject({ f: 1, t: 1_000, c: [{ kind: 'start', events: 3 }] })
  })

  test('says who asked, with which key, and which events are owed to it', () => {
    const { simulated } = started()
    const { token, attempt } = simulated.dispatchOf('a')
    const { record } = simulated.send(
      { kind: 'wake' },
      { kind: 'pause', by: 'ada', key: 'k1' },
      { kind: 'complete_task', token, attempt, output: 1 },
    )
    expect(record?.commands).toEqual([
      { kind: 'pause', by: 'ada', key: 'k1', events: 1 },
      { kind: 'complete_task', events: 2 },
    ])
  })

  test('has never a time before that of the one before it', () => {
    const { simulated } = started()
    simulated.time = 10
    expect(simulated.complete('a').record?.time).toBe(1_000)
  })

  test.each([
    ['{"f":2,"t":1,"c":[],"e":[]}', 'format_too_new', 'it has format 2, this version reads up to 1'],
    ['{"f":1', 'store_corrupt', 'it is not JSON'],
    ['{"f":1,"t":1,"c":[]}', 'store_corrupt', 'it is no record'],
    ['{"f":0,"t":1,"c":[],"e":[]}', 'store_corrupt', 'it is no record'],
    ['null', 'store_corrupt', 'it is no record'],
    ['7', 'store_corrupt', 'it is no record'],
  ])('%s is refused: %s', (body, code, why) => {
    const message = `Cannot read record 7 of run "r": ${why}`
    expect(() => decodeRecord('r', 7, body)).toThrow(expect.objectContaining({ code, message }))
    expect(recordFormat).toBe(1)
  })

  test('that does not follow the state is refused', () => {
    const { simulated, decided } = started()
    const { record } = decided
    if (record === null) throw new Error('a start writes a record')
    expect(() => evolveRecord(simulated.plan, simulated.state, record)).toThrow('record 1 of run "r" does not follow 1')
  })

  test('names an event of the journal that this version does not know instead of passing over it', () => {
    const { simulated } = started()
    const body = encodeRecord({ number: 2, format: 1, time: 1, commands: [], events: [] }).replace(
      '"e":[]',
      '"e":[{"type":"later"}]',
    )
    expect(() => evolveRecord(simulated.plan, simulated.state, decodeRecord('r', 2, body))).toThrow('later')
  })
})

describe('a snapshot', () => {
  test('is cut in chunks that are read together', () => {
    const { simulated } = started()
    for (const [index, ref] of ['a', 'b'].entries())
      simulated.send({
        kind: 'complete_step',
        ...simulated.dispatchOf('a'),
        step: ref,
        output: 'é'.repeat(50_000 + index),
      })
    for (let i = 0; i < 10; i++)
      simulated.send({ kind: 'complete_step', ...simulated.dispatchOf('a'), step: `s${i}`, output: 'é'.repeat(60_000) })
    const chunks = encodeSnapshot(simulated.plan, simulated.state)
    expect(chunks.length).toBeGreaterThan(2)
    const read = decodeSnapshot(simulated.plan, 'r', chunks)
    expect(encodeSnapshot(simulated.plan, read)).toEqual(chunks)
  })

  test.each([
    [['{"f":2,"s":{}}'], 'format_too_new'],
    [['{"f":1,'], 'store_corrupt'],
    [[], 'store_corrupt'],
    [['null'], 'store_corrupt'],
    [['{"f":1}'], 'store_corrupt'],
  ])('%j is refused: %s', (chunks, code) => {
    const { simulated } = started()
    expect(() => decodeSnapshot(simulated.plan, 'r', chunks)).toThrow(expect.objectContaining({ code }))
  })

  test('of a workflow that has other nodes is a broken invariant', () => {
    const { simulated } = started()
    const other = new SimulatedRun(workflow({ tasks: [task('x')] }))
    const chunks = encodeSnapshot(simulated.plan, simulated.state)
    expect(() => decodeSnapshot(other.plan, 'r', chunks)).toThrow('names "a", which its workflow lacks')
  })
})

describe('start', () => {
  const input = {
    type: 'object',
    properties: { n: { type: 'integer' }, s: { default: 'x' } },
    required: ['n'],
    additionalProperties: false,
  } as const

  test('fills in defaults', () => {
    expect(started({ n: 1 }, { input }).simulated.state.input).toEqual({ n: 1, s: 'x' })
  })

  test('with an input that does not fit is refused with every problem, and nothing has happened', () => {
    const { simulated, decided } = started({ n: 'one', other: 1 }, { input })
    expect(decided.outcomes).toMatchObject([{ status: 'refused', error: { code: 'invalid_input' } }])
    const [refused] = decided.outcomes
    const problems = refused?.status === 'refused' ? refused.error.details?.problems : undefined
    expect(problems).toHaveLength(2)
    expect(decided.record).toBeNull()
    expect(simulated.status).toBe('queued')
    expect(simulated.start({ n: 1 }).outcomes).toEqual([{ status: 'applied' }])
  })

  test('with a value that is not JSON is refused', () => {
    const { decided } = started({ n: Number.NaN })
    expect(decided.outcomes).toMatchObject([{ status: 'refused', error: { code: 'invalid_value' } }])
  })

  test('twice is a duplicate', () => {
    const { simulated } = started()
    expect(simulated.start()).toMatchObject({ outcomes: [{ status: 'duplicate' }], record: null, effects: [] })
  })

  test('keeps its tags', () => {
    const simulated = new SimulatedRun(workflow({ tasks: [task('a')] }))
    simulated.send({ kind: 'start', definition: simulated.digest, input: {}, env: {}, seed: 1, tags: ['x'] })
    expect(simulated.state.tags).toEqual(['x'])
  })
})

test('equal commands give records that are equal byte for byte (K1)', () => {
  const { simulated } = started()
  simulated.complete('a', { z: 1, a: [1.5, null] })
  const state = createRunState('r')
  const bodies = simulated.script.map(({ time, commands }) => {
    const result = decide(simulated.plan, state, commands, { time, blobs: new Map() })
    return result.status === 'decided' && result.record !== null ? encodeRecord(result.record) : ''
  })
  expect(bodies).toEqual(simulated.journal)
})

describe('closureDigest()', () => {
  test('is stable', () => {
    const { digest } = new SimulatedRun(workflow({ tasks: [task('a')] }))
    expect(digest).toMatch(/^sha256:[0-9a-f]{64}$/)
    expect(closureDigest(structuredClone(workflow({ tasks: [task('a')] })))).toBe(digest)
  })

  test('changes with anything that a run can do', () => {
    const base = workflow({ tasks: [task('a')] })
    const digests = [base, { ...base, workflow: 'x' }, { ...base, env: ['A'] }, workflow({ tasks: [task('b')] })].map(
      closureDigest,
    )
    expect(new Set(digests).size).toBe(4)
  })
})

describe('validateDefinition()', () => {
  const fan = { ref: 'f', node: 'a', joins: [{ node: 'j', strategy: 'wait_all', merge: 'collect' }] } as const
  const node = (ref: string) => ({ ref, does: { kind: 'open' } }) as const
  const joined = { ref: 'j', does: { kind: 'join', fan: 'f' } } as const
  const branch = { ref: 't', from: 'a', to: 'b', fan: 'f' } as const
  const items = { items: { list: { lit: [] } }, as: 'item' } as const
  const parts: readonly (readonly [string, Partial<Definition>])[] = [
    ['node "a" is there twice', { nodes: [node('a'), node('a')] }],
    [
      'transition "t" is there twice',
      {
        nodes: [node('a')],
        transitions: [
          { ref: 't', from: 'a', to: 'a' },
          { ref: 't', from: 'a', to: 'a' },
        ],
      },
    ],
    ['start names the unknown node "a"', { nodes: [] }],
    ['onError names the unknown node "x"', { nodes: [node('a')], onError: 'x' }],
    ['finally names the unknown node "x"', { nodes: [node('a')], finally: 'x' }],
    [
      'node "a" names the unknown task "x"',
      { nodes: [{ ref: 'a', does: { kind: 'task', task: 'x', input: { lit: 1 } } }] },
    ],
    [
      'node "a" names the unknown task "toString"',
      { nodes: [{ ref: 'a', does: { kind: 'task', task: 'toString', input: { lit: 1 } } }] },
    ],
    ['node "a" closes the unknown node "x"', { nodes: [{ ref: 'a', does: { kind: 'route', open: 'x' } }] }],
    ['node "a" joins the unknown fan-out "x"', { nodes: [{ ref: 'a', does: { kind: 'join', fan: 'x' } }] }],
    ['node "a" fails to the unknown node "x"', { nodes: [{ ...node('a'), onError: { to: 'x' } }] }],
    ['node "a" reads the error of the unknown node "x"', { nodes: [{ ...node('a'), error: 'x' }] }],
    [
      'transition "t" leaves the unknown node "x"',
      { nodes: [node('a')], transitions: [{ ref: 't', from: 'x', to: 'a' }] },
    ],
    [
      'transition "t" leads to the unknown node "x"',
      { nodes: [node('a')], transitions: [{ ref: 't', from: 'a', to: 'x' }] },
    ],
    [
      'transition "t" belongs to the unknown fan-out "x"',
      { nodes: [node('a')], transitions: [{ ref: 't', from: 'a', to: 'a', fan: 'x' }] },
    ],
    [
      'transition "t" joins the unknown fan-out "x"',
      { nodes: [node('a')], transitions: [{ ref: 't', from: 'a', to: 'a', join: { fan: 'x', take: 'last' } }] },
    ],
    [
      'transition "t" takes the unknown node "x"',
      { nodes: [node('a')], transitions: [{ ref: 't', from: 'a', to: 'a', join: { fan: 'f', take: { node: 'x' } } }] },
    ],
    ['fan-out "f" begins at the unknown node "a"', { nodes: [joined], fans: [fan] }],
    ['fan-out "f" ends at "j", which is not its join', { nodes: [node('a'), node('j')], fans: [fan] }],
    [
      'fan-out "f" has a branch that does not leave "a"',
      { nodes: [node('a'), node('b'), joined], fans: [fan], transitions: [{ ...branch, from: 'b' }] },
    ],
    [
      'fan-out "f" goes over items and needs one transition, it has 0',
      { nodes: [node('a'), joined], fans: [{ ...fan, each: items }] },
    ],
    ['fan-out "f" has 0 workers', { nodes: [node('a'), joined], fans: [{ ...fan, workers: 0 }] }],
    [
      'fan-out "f" has waves of 1.5',
      { nodes: [node('a'), joined], fans: [{ ...fan, each: { ...items, batch: 1.5 } }] },
    ],
    [
      'transition "t" joins "f" and leads to "b", which is no join of it',
      {
        nodes: [node('a'), node('b'), joined],
        fans: [fan],
        transitions: [{ ref: 't', from: 'b', to: 'b', join: { fan: 'f', take: 'last' } }],
      },
    ],
    [
      'join "j" needs 0 branches',
      { nodes: [node('a'), joined], fans: [{ ...fan, joins: [{ ...fan.joins[0], require: { quorum: 0 } }] }] },
    ],
    [
      'fan-out "f" goes over items and spawns, it can do one of both',
      {
        nodes: [node('a'), node('b'), joined],
        fans: [{ ...fan, each: items }],
        transitions: [{ ...branch, spawn: { lit: 2 } }],
      },
    ],
    [
      'transition "t" spawns branches of no fan-out',
      { nodes: [node('a'), node('b')], transitions: [{ ref: 't', from: 'a', to: 'b', spawn: { lit: 2 } }] },
    ],
    [
      'transition "t" may be taken 0 times',
      { nodes: [node('a')], transitions: [{ ref: 't', from: 'a', to: 'a', max_iterations: 0 }] },
    ],
  ]

  test.each(parts)('says: %s', (problem, definition) => {
    expect(() => validateDefinition(definitionOf(definition))).toThrow(
      expect.objectContaining({ code: 'invalid_definition', details: { problems: expect.arrayContaining([problem]) } }),
    )
  })

  test('refuses a newer format', () => {
    const newer = JSON.parse(JSON.stringify({ ...definitionOf({ nodes: [node('a')] }), format: 2 })) as Definition
    expect(() => validateDefinition(newer)).toThrow(expect.objectContaining({ code: 'format_too_new' }))
  })
})
