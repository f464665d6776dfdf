import type { CommandBody, Json, RunRecord } from '@wonder/engine'
import type { ErrorBody } from '@wonder/errors'
import type { LogLine } from '@wonder/platform'

/**
 * What processes of one machine ask of each other over a host's socket: one JSON text a line.
 * Only processes of the same user can open the socket; it carries no secret.
 */
export type HostRequest =
  | { readonly op: 'ping' }
  | { readonly op: 'command'; readonly run: string; readonly body: CommandBody; readonly by: string }
  | {
      readonly op: 'start_run'
      readonly workflow: string
      readonly input: Json
      readonly environment: string | null
      readonly by: string
    }
  /** Answered once, then by events until the connection ends. */
  | { readonly op: 'watch'; readonly run: string; readonly after: number }

export type CommandAnswer = { readonly status: 'accepted' | 'refused'; readonly error?: ErrorBody }

export type HostEvent =
  | { readonly type: 'record'; readonly record: RunRecord }
  | ({ readonly type: 'log'; readonly provisional: true } & LogLine)

export type HostMessage =
  | { readonly id: number; readonly ok: true; readonly value: Json }
  | { readonly id: number; readonly ok: false; readonly error: ErrorBody }
  | { readonly event: HostEvent }

/** The longest line that is read: a larger one ends the connection. */
export const longestLine = 16 * 1024 * 1024
