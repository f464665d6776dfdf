/**
 * What more is to be known of what a token waits for, by kind. A token has at most one.
 */
export type Subject = DeliverySubject | ChildSubject

/** A signal of its own to reach another run. */
export type DeliverySubject = { readonly kind: 'delivery'; readonly debt: string }

/** A sub-workflow: its end, or that it was started (`detached`). */
export type ChildSubject = {
  readonly kind: 'child'
  readonly run: string
  readonly close: 'cancel' | 'continue'
  readonly detached: boolean
}
