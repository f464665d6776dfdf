/**
 * Secret values by name. They are read when a task needs them and are never stored by those who read them.
 *
 * G1 get() gives the present value, or undefined when there is none.
 */
export interface Secrets {
  get(name: string): Promise<string | undefined>
}
