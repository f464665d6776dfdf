import type { CommandBody, Json, RunRecord, SignalToRun } from '@wonder/engine'
import type { ErrorBody } from '@wonder/errors'
import type { LogLine } from '@wonder/platform'

/**
 * What processes of one machine ask of each other over a host's socket: one JSON text a line.
 * Only processes of the same user can open the socket; it carries no secret.
 */
export type HostRequest =
  /** Answered with a CommandAnswer, or `not_owner` when the run is not this host's any more. */
  | { readonly op: 'command'; readonly run: string; readonly body: HostCommand; readonly by: string }
  /** Answered with the run's id, or null by a host that does not take it: one that leaves, or has another environment. */
  | ({ readonly op: 'start_run' } & RunOrder)
  /** Answered once, then by events until the connection ends. */
  | { readonly op: 'watch'; readonly run: string; readonly after: number }

/** `expires`: epoch ms; what is heard later is neither done nor answered. */
export type HostQuestion = HostRequest & { readonly id: number; readonly expires: number }

/** A run that another process is to start. */
export type RunOrder = {
  /** Chosen by who orders, so that an order whose answer was lost is not given twice. */
  readonly run: string
  readonly workflow: string
  readonly input: Json
  readonly environment: string | null
  readonly signals?: readonly SignalToRun[]
  /** The run whose results it takes. */
  readonly reuse?: string
  readonly by: string
  /** Of the start: the run is then perhaps another one. */
  readonly key?: string
}

/** `key`: a second command with it is a duplicate. */
export type HostCommand = CommandBody & { readonly key?: string }

export type CommandAnswer = { readonly status: 'accepted' | 'refused'; readonly error?: ErrorBody }

export const notOwner = 'not_owner'

export type HostEvent =
  | { readonly type: 'record'; readonly record: RunRecord }
  | ({ readonly type: 'log'; readonly provisional: true } & LogLine)

export type HostMessage =
  /** Sent at once: the process lives, the answer may take its time. */
  | { readonly id: number; readonly received: true }
  | { readonly id: number; readonly ok: true; readonly value: Json }
  | { readonly id: number; readonly ok: false; readonly error: ErrorBody }
  | { readonly event: HostEvent }

/** The longest line that is read: a larger one ends the connection. */
export const longestLine = 16 * 1024 * 1024
