import { expect, test } from 'vitest'
import { CoreShare } from './core-share.ts'

test('looks that follow one another may go on', () => {
  const core = new CoreShare(0.5)
  expect(core.begin(10)).toBe(true)
  for (let now = 10; now < 20; now += 0.4) expect(core.look(now)).toBe(true)
})

test('a single late look is followed by a short rest, as it may have been a collection of garbage', () => {
  const core = new CoreShare(0.5)
  core.begin(100)
  expect(core.look(101)).toBe(false)
  expect(core.begin(102)).toBe(false)
  expect(core.begin(102.6)).toBe(true)
  expect(core.look(103)).toBe(true)
  core.begin(200)
  expect(core.look(201)).toBe(false)
  expect(core.begin(202.6)).toBe(true)
})

test('on a machine that stays busy the rests grow to a tenth of a second, and fall back when it is quiet again', () => {
  const core = new CoreShare(0.5)
  const rests: number[] = []
  let now = 1_000
  for (let time = 0; time < 6; time++) {
    core.begin(now)
    now += 1
    expect(core.look(now)).toBe(false)
    const interrupted = now
    while (!core.begin(now)) now += 0.5
    rests.push(now - interrupted)
  }
  expect(rests).toEqual([1.5, 6, 24, 96, 100, 100])
  now += 50
  core.begin(now)
  core.look(now + 1)
  expect(core.begin(now + 2.4)).toBe(false)
  expect(core.begin(now + 2.6)).toBe(true)
})

test('the other thread may miss once what it was given, the second time in sequence is followed by a rest', () => {
  const core = new CoreShare(0.5)
  core.begin(100)
  core.missed(100.1)
  expect(core.begin(100.2)).toBe(true)
  core.met()
  core.missed(100.3)
  expect(core.begin(100.4)).toBe(true)
  core.missed(100.5)
  expect(core.begin(101.9)).toBe(false)
  expect(core.begin(102.1)).toBe(true)
})
