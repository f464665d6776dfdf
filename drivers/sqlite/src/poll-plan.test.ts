import { expect, test } from 'vitest'
import { PollPlan } from './poll-plan.ts'

const alone = { open: 1, alone: true }
const waiting = { open: 1, taken: true }
const answered = { open: 0, taken: true }

/** Sends at `now` and answers after `time`; whether the answer was to be polled for. */
function commit(plan: PollPlan, now: number, time: number): boolean {
  const polls = plan.sent(now, alone)
  for (let look = now; polls && look < now + time && plan.looksAgain(look, waiting); ) look += 0.1
  plan.answered(now + time)
  if (polls) plan.looksAgain(now + time, answered)
  return polls
}

test('the first message of a sequence is slept through, and one in 64 after it', () => {
  const plan = new PollPlan()
  const polls = Array.from({ length: 130 }, (_, number) => commit(plan, number * 0.4, 0.2))
  expect(polls.flatMap((polled, number) => (polled ? [] : [number]))).toEqual([0, 64, 128])
  expect(commit(plan, 200, 0.2)).toBe(false)
  expect(commit(plan, 200.4, 0.2)).toBe(true)
})

test('polling ends at twice what answers have taken lately, and at three milliseconds', () => {
  const quick = new PollPlan()
  for (let number = 0; number < 60; number++) commit(quick, number * 0.4, 0.2)
  expect(quick.sent(24.2, alone)).toBe(true)
  expect(lookEvery(quick, 24.2, 0.01)).toBeCloseTo(0.4, 1)

  const slow = new PollPlan()
  for (let number = 0; number < 60; number++) commit(slow, number * 2, 1.9)
  expect(slow.sent(120, alone)).toBe(true)
  expect(lookEvery(slow, 120, 0.01)).toBeCloseTo(3, 1)
})

test('a worker that has no core has not taken the message, and is not polled for', () => {
  const plan = new PollPlan()
  commit(plan, 0, 0.2)
  expect(plan.sent(0.5, alone)).toBe(true)
  expect(plan.looksAgain(0.55, { open: 1, taken: false })).toBe(true)
  expect(plan.looksAgain(0.61, { open: 1, taken: false })).toBe(false)
  plan.answered(0.9)
  // By chance, the first time; the second time in sequence is followed by a rest.
  expect(plan.sent(1, alone)).toBe(true)
  expect(plan.looksAgain(1.11, { open: 1, taken: false })).toBe(false)
  plan.answered(1.4)
  expect(plan.sent(1.5, alone)).toBe(false)
})

test('a worker that has other requests before this one is given time', () => {
  const plan = new PollPlan()
  commit(plan, 0, 0.2)
  expect(plan.sent(0.5, { open: 2, alone: false })).toBe(true)
  expect(plan.looksAgain(0.7, { open: 2, taken: false })).toBe(true)
})

test('many open requests are not polled for', () => {
  const plan = new PollPlan()
  commit(plan, 0, 0.2)
  expect(plan.sent(0.5, { open: 5, alone: false })).toBe(false)
  expect(plan.sent(0.5, alone)).toBe(true)
  expect(plan.looksAgain(0.6, { open: 5, taken: true })).toBe(false)
})

/** Milliseconds from `begin` until polling ends. */
function lookEvery(plan: PollPlan, begin: number, step: number): number {
  let now = begin
  while (plan.looksAgain(now, waiting)) now += step
  return now - begin
}
