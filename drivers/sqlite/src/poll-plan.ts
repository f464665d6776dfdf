import { CoreShare } from './core-share.ts'

/** Above this many open requests an answer is awaited as an event: throughput matters, not the one request's latency. */
const openLimit = 4
/**
 * Polling ends after so many times what answers have taken lately, and after so many milliseconds: the disk is slow,
 * another process holds the lock, or the worker waits for the core on which this thread polls.
 */
const pollTime = { usual: 2, most: 3 }
/** Share of the last answer in what is usual. */
const memory = 1 / 8
/** Milliseconds in which an idle worker has taken a message, if it has a core. */
const takingTime = 0.1
/** A message that comes so many milliseconds after an answer goes on with its sequence. */
const sequenceGap = 1
/**
 * The first of so many messages in sequence is slept through, then they are polled for. Where this thread polls while the
 * worker waits for the disk, the worker is woken on another core than the one that takes the disk's interrupts, and a
 * commit takes a third longer; once it was woken with this thread asleep, it stays where the interrupts are.
 */
const sleepEvery = 64
/** Milliseconds from one look to the next that tell that others want this core, or that this thread has other work. */
const lateness = 0.5

/** When a sender polls for the answers of its worker, and when it sleeps until it is woken. Times are in milliseconds. */
export class PollPlan {
  readonly #core = new CoreShare(lateness)
  /** Messages in sequence so far, and when the last was answered. */
  #sequence = 0
  #answered = Number.NEGATIVE_INFINITY
  /** When a message was sent to an idle worker, null for none, and how long it usually takes to answer one. */
  #sentAlone: number | null = null
  #usual = 1
  /** When the worker is to have taken the last message; never, where it has others before it. */
  #takenBy = 0
  #end = 0

  /** A message was sent, `alone` when the worker had nothing else to do. Whether to poll for its answer. */
  sent(now: number, { open, alone }: { readonly open: number; readonly alone: boolean }): boolean {
    this.#sequence = now - this.#answered < sequenceGap ? this.#sequence + 1 : 0
    this.#sentAlone = alone ? now : null
    this.#takenBy = alone ? now + takingTime : Number.POSITIVE_INFINITY
    this.#end = now + Math.min(pollTime.most, pollTime.usual * this.#usual)
    return this.#sequence % sleepEvery > 0 && open <= openLimit && this.#core.begin(now)
  }

  /** Whether to look again: `open` requests are not answered, `taken` tells whether the worker has taken the last message. */
  looksAgain(now: number, { open, taken }: { readonly open: number; readonly taken: boolean }): boolean {
    if (!this.#core.look(now) || open > openLimit) return false
    if (open === 0) {
      this.#core.met()
      return false
    }
    if (now < this.#end && (taken || now < this.#takenBy)) return true
    this.#core.missed(now)
    return false
  }

  answered(now: number): void {
    this.#answered = now
    if (this.#sentAlone === null) return
    this.#usual += (Math.min(now - this.#sentAlone, pollTime.most) - this.#usual) * memory
    this.#sentAlone = null
  }
}
