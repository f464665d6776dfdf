/** What a Go function becomes: an expression of ours, or why there is none. `args` are expressions, in Go's order. */
export type Translation = { readonly text: string; readonly note?: string } | { readonly why: string }

type Rule = { readonly takes: readonly [number, number]; readonly make: (args: readonly string[]) => Translation }

const same = (name: string, takes: number) => rule(takes, takes, (args) => `(${[name, ...args].join(' ')})`)

function rule(least: number, most: number, make: (args: readonly string[]) => string, note?: string): Rule {
  return {
    takes: [least, most],
    make: (args) => (note === undefined ? { text: make(args) } : { text: make(args), note }),
  }
}

/** Of many values from the left: `add 1 2 3`. */
const folded = (name: string) =>
  rule(1, 32, ([first = '0', ...rest]) => rest.reduce((sum, arg) => `(${name} ${sum} ${arg})`, first))

const swapped = (name: string) => rule(2, 2, ([a, b]) => `(${name} ${b} ${a})`)

/** The functions of Go's text/template, and of sprig those that are in common use. */
const rules: Readonly<Record<string, Rule>> = {
  upper: same('upper', 1),
  lower: same('lower', 1),
  trim: same('trim', 1),
  title: same('title', 1),
  quote: same('quote', 1),
  default: rule(2, 2, ([otherwise, value]) => `(or ${value} ${otherwise})`),
  join: rule(2, 2, ([separator, list]) => `(join ${list} ${separator})`),
  split: rule(
    2,
    2,
    ([separator, text]) => `(split ${text} ${separator})`,
    'Go’s split gives a map with the keys _0, _1, …; here it is a list',
  ),
  splitList: rule(2, 2, ([separator, text]) => `(split ${text} ${separator})`),
  replace: rule(3, 3, ([what, by, text]) => `(replace ${text} ${what} ${by})`),
  contains: swapped('includes'),
  hasPrefix: swapped('startsWith'),
  hasSuffix: swapped('endsWith'),
  repeat: swapped('repeat'),
  has: swapped('includes'),
  toJson: rule(
    1,
    1,
    ([value]) => `(json ${value})`,
    'Go sorts the keys of JSON and writes <, > and & as \\u003c, \\u003e, \\u0026; here they stay as they are',
  ),
  toRawJson: rule(1, 1, ([value]) => `(json ${value})`, 'Go sorts the keys of JSON; here they keep their order'),
  toPrettyJson: rule(
    1,
    1,
    ([value]) => `(json ${value} indent=2)`,
    'Go sorts the keys of JSON; here they keep their order',
  ),
  fromJson: same('parseJson', 1),
  list: rule(0, 32, (args) => `(${['list', ...args].join(' ')})`),
  dict: rule(0, 32, (args) => `(${['dict', ...args].join(' ')})`),
  keys: same('keys', 1),
  values: same('values', 1),
  uniq: same('unique', 1),
  concat: rule(1, 32, (args) => `(concat ${args.join(' ')})`),
  reverse: same('reverse', 1),
  sum: same('sum', 1),
  len: same('length', 1),
  first: same('first', 1),
  last: same('last', 1),
  index: rule(1, 8, ([value = '', ...keys]) => keys.reduce((from, key) => `(lookup ${from} ${key})`, value)),
  get: rule(2, 2, ([map, key]) => `(lookup ${map} ${key})`),
  slice: rule(2, 3, (args) => `(slice ${args.join(' ')})`),
  add: folded('add'),
  add1: rule(1, 1, ([value]) => `(add ${value} 1)`),
  sub: rule(2, 2, ([a, b]) => `(subtract ${a} ${b})`),
  mul: folded('multiply'),
  div: same('quotient', 2),
  mod: same('mod', 2),
  floor: same('floor', 1),
  ceil: same('ceil', 1),
  max: rule(1, 32, (args) => `(max ${args.join(' ')})`),
  min: rule(1, 32, (args) => `(min ${args.join(' ')})`),
  until: rule(1, 1, ([count]) => `(range 0 (subtract ${count} 1))`),
  eq: rule(2, 8, ([value, ...others]) => {
    const tests = others.map((other) => `(eq ${value} ${other})`)
    return tests.length === 1 ? (tests[0] ?? '') : `(or ${tests.join(' ')})`
  }),
  ne: same('ne', 2),
  lt: same('lt', 2),
  le: same('lte', 2),
  gt: same('gt', 2),
  ge: same('gte', 2),
  and: rule(1, 32, (args) => `(and ${args.join(' ')})`),
  or: rule(1, 32, (args) => `(or ${args.join(' ')})`),
  not: same('not', 1),
  empty: rule(1, 1, ([value]) => `(not ${value})`),
  coalesce: rule(1, 32, (args) => `(or ${args.join(' ')})`),
  ternary: rule(3, 3, ([yes, no, condition]) => `(choose ${condition} ${yes} ${no})`),
  printf: rule(1, 32, (args) => `(format ${args.join(' ')})`),
  print: rule(1, 1, ([value]) => `${value}`),
  toString: rule(1, 1, ([value]) => `(format "%v" ${value})`),
  html: same('htmlEscape', 1),
  htmlEscape: same('htmlEscape', 1),
  js: same('jsEscape', 1),
  jsEscape: same('jsEscape', 1),
  urlquery: rule(1, 1, ([value]) => `(urlEscape ${value})`, 'Go writes a space as "+" in urlquery; here it is "%20"'),
}

/** Names that Go projects call, and what to do instead. */
const refusals: Readonly<Record<string, string>> = {
  now: 'a template has no clock: hand the time over, as {{ run.started_at }}',
  date: 'dates are written by {{date value "YYYY-MM-DD"}}',
  env: 'the environment is read as {{ env.NAME }}',
  expandenv: 'the environment is read as {{ env.NAME }}',
  print: 'print puts spaces between some of its values: write one {{ }} for each',
  println: 'println puts spaces between its values and ends the line: write the text itself',
  call: 'functions in data are never called',
  indent: 'lines are not indented by a helper: a partial alone on its line is',
  nindent: 'lines are not indented by a helper: a partial alone on its line is',
  set: 'a template does not change its data',
  unset: 'a template does not change its data',
  append: 'write (concat list (list item))',
  regexMatch: 'patterns are CEL: {{= text.matches("…") }}',
}

/** A call in our words. */
export function translateCall(name: string, args: readonly string[]): Translation {
  const found = Object.hasOwn(rules, name) ? rules[name] : undefined
  const refusal = Object.hasOwn(refusals, name) ? refusals[name] : undefined
  if (found === undefined)
    return { why: `there is no helper for "${name}"${refusal === undefined ? '' : `; ${refusal}`}` }
  const [least, most] = found.takes
  if (args.length >= least && args.length <= most) return found.make(args)
  return {
    why: refusal ?? `"${name}" takes ${least === most ? least : `${least} to ${most}`} values, not ${args.length}`,
  }
}
