import { type Figure, figureOf } from '../figure.ts'
import type { PeerRound } from './serve-peer.ts'

/** What one round measured, ours and the peer's one after the other. */
export type PeerMeasure = { readonly round: PeerRound['round']; readonly ours: number; readonly theirs: number }

const metrics = {
  single: { metric: 'p50 of a run of ten steps', unit: 'ms' },
  flight: { metric: 'steps, 100 runs of ten at a time', unit: '1/s' },
  fan: { metric: 'fan-out and join', unit: 'ms' },
} as const

/** Lines of the table: ours as the value, the peer's as the floor, and the median of the rounds' ours / theirs. */
export function peerFigures(title: string, measured: readonly PeerMeasure[]): readonly Figure[] {
  return (['single', 'flight', 'fan'] as const).flatMap((round) => {
    const rounds = measured
      .filter((one) => one.round === round)
      .map(({ ours, theirs }) => ({ value: ours, floor: theirs }))
    const { metric, unit } = metrics[round]
    return rounds.length === 0
      ? []
      : [figureOf({ workload: 'peers', metric: `${metric}; floor: ${title}`, unit, rounds })]
  })
}
