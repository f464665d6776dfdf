import type { Json } from './json.ts'

/**
 * Live events of runs, for people who watch.
 *
 * G1 publish() never waits and never fails: a slow or broken listener cannot hold up a run.
 * G2 A listener gets the events of its topic in the order of publishing, from its subscription on, at most once.
 * G3 Nothing is kept: what must not be missed is read from the journal.
 * G4 hasListeners() is cheap, so that no event is built for nobody.
 */
export interface EventTarget {
  publish(topic: string, event: Json): void
  hasListeners(topic: string): boolean
  /** Returns the function that ends the subscription. */
  subscribe(topic: string, listener: (event: Json) => void): () => void
}
