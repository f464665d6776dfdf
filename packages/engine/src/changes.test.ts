import { expect, test } from 'vitest'
import { Changes } from './changes.ts'

test('rollback() gives lists their length and their holes back', () => {
  const changes = new Changes()
  const failures: number[] = [1]
  const results: (string | null)[] = []
  results[2] = 'c'
  changes.begin()

  changes.set(failures, 1, 2)
  changes.set(results, 0, 'a')
  changes.set(results, 7, null)
  changes.rollback()

  expect(failures).toEqual([1])
  expect(results.length).toBe(3)
  expect(0 in results).toBe(false)
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
  changes.put(tokens, '11.0', 4)
  changes.put(tokens, '1.1', 9)
  changes.remove(branches, 1)
  changes.rollback()

  expect([[...tokens], [...branches]]).toEqual(before)
})

test('rollback() removes members that an object did not have', () => {
  const changes = new Changes()
  const children: { [branch: string]: number } = { a: 1 }
  changes.begin()

  changes.set(children, 'a', 2)
  changes.set(children, 'b', 3)
  changes.rollback()

  expect(Object.entries(children)).toEqual([['a', 1]])
})

test('what was committed stays', () => {
  const changes = new Changes()
  const list = [1]
  changes.begin()

  changes.set(list, 1, 2)
  changes.commit()
  changes.rollback()

  expect(list).toEqual([1, 2])
})
