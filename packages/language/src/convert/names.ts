/** An id as the language wants it: small letters, digits and _. What a template would have inserted is left out. */
export function idOf(text: string): string {
  const plain = text
    .replace(/\{\{.*?\}\}/g, '')
    .replace(/([a-z0-9])([A-Z])/g, '$1_$2')
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '_')
    .replace(/^_+|_+$/g, '')
  return plain === '' ? 'task' : /^[a-z]/.test(plain) ? plain : `t_${plain}`
}

/** Ids of one workflow, each given out once. */
export class Names {
  readonly #taken = new Set<string>()

  take(wanted: string): string {
    let name = wanted
    for (let number = 2; this.#taken.has(name); number++) name = `${wanted}_${number}`
    this.#taken.add(name)
    return name
  }
}
