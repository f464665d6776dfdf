import { expect, test } from 'vitest'
import { Changes } from './changes.ts'

test('rollback() gives fields their first value back', () => {
  const changes = new Changes()
  const token: { node: number; input: string | null } = { node: 1, input: null }
  changes.begin()

  changes.set(token, 'node', 2)
  changes.set(token, 'input', 'a')
  changes.set(token, 'node', 3)
  changes.rollback()

  expect(token).toEqual({ node: 1, input: null })
})

test('rollback() gives maps their entries back, in the order in which they were made', () => {
  const changes = new Changes()
  const tokens = new Map([
    ['', 0],
    ['1.1', 1],
    ['2.10', 2],
    ['10.2', 3],
  ])
  const branches = new Map([
    [0, 'a'],
    [1, 'b'],
    [12, 'c'],
  ])
  const before = [[...tokens], [...branches]]
  changes.begin()

  changes.remove(tokens, '2.10')
  changes.remove(tokens, '')
  changes.add(tokens, '11.0', 4)
  changes.put(tokens, '1.1', 9)
  changes.remove(branches, 1)
  changes.rollback()

  expect([[...tokens], [...branches]]).toEqual(before)
})

test('what was committed stays', () => {
  const changes = new Changes()
  const token = { node: 1 }
  changes.begin()

  changes.set(token, 'node', 2)
  changes.commit()
  changes.rollback()

  expect(token).toEqual({ node: 2 })
})
