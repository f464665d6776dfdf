import { expect, test } from 'vitest'
import { peerFigures } from './peer-figures.ts'

test('a ratio is the median of the rounds, ours by theirs, and not the ratio of the medians', () => {
  const figures = peerFigures('Peer 1.0', [
    { round: 'single', ours: 2, theirs: 10 },
    { round: 'single', ours: 6, theirs: 12 },
    { round: 'single', ours: 3, theirs: 30 },
  ])
  expect(figures).toEqual([
    {
      workload: 'peers',
      metric: 'p50 of a run of ten steps; floor: Peer 1.0',
      unit: 'ms',
      value: 3,
      floor: 12,
      ratio: 0.2,
      budget: null,
      best: null,
      ok: null,
    },
  ])
})

test('a round that was not measured has no line', () => {
  expect(peerFigures('Peer 1.0', [])).toEqual([])
})
