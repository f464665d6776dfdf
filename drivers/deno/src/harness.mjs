// Runs in Deno, beside one tool. It owns stdin and stdout: frames are lines of JSON, those that it writes start with a
// prefix that the tool does not know. All it uses is taken before the tool is loaded, so that a tool that changes
// globals disturbs itself alone.
const { stringify, parse } = JSON
const { inspect, exit } = Deno
const { NotCapable } = Deno.errors
const ObjectPrototype = Object.prototype
const getPrototypeOf = Object.getPrototypeOf
const encoder = new TextEncoder()
const encode = encoder.encode.bind(encoder)
const stdout = Deno.stdout
const writeSync = stdout.writeSync.bind(stdout)

let prefix = ''
let definition
let current

function send(frame) {
  let bytes = encode(`${prefix}${stringify(frame)}\n`)
  while (bytes.length > 0) bytes = bytes.subarray(writeSync(bytes))
}

function textOf(parts) {
  return parts.map((part) => (typeof part === 'string' ? part : inspect(part, { colors: false }))).join(' ')
}

const levels = {
  log: 'info',
  info: 'info',
  debug: 'debug',
  trace: 'debug',
  warn: 'warn',
  error: 'error',
  dir: 'info',
  table: 'info',
}
for (const [method, level] of Object.entries(levels)) {
  console[method] = (...parts) => send({ type: 'log', level, text: textOf(parts) })
}
const log = (...parts) => send({ type: 'log', level: 'info', text: textOf(parts) })
for (const level of ['debug', 'info', 'warn', 'error']) {
  log[level] = (...parts) => send({ type: 'log', level, text: textOf(parts) })
}

/** An error that the host words: `code` and what it needs to say. */
class Refusal extends Error {
  constructor(code, message) {
    super(message)
    this.code = code
  }
}

/** The JSON text of a value, or a Refusal that names the place which cannot be JSON. */
function jsonText(value, code) {
  const seen = []
  const check = (item, path) => {
    const refuse = (what) => {
      throw new Refusal(code, `${path} is ${what}, which JSON does not have`)
    }
    if (item === null || typeof item === 'string' || typeof item === 'boolean') return
    if (typeof item === 'number') return Number.isFinite(item) ? undefined : refuse(String(item))
    if (typeof item !== 'object') return refuse(typeof item === 'undefined' ? 'undefined' : `a ${typeof item}`)
    if (seen.includes(item)) return refuse('a reference to what contains it')
    if (typeof item.toJSON === 'function') return check(item.toJSON(), path)
    seen.push(item)
    if (Array.isArray(item)) {
      for (let index = 0; index < item.length; index++) check(item[index], `${path}[${index}]`)
    } else {
      const prototype = getPrototypeOf(item)
      if (prototype !== ObjectPrototype && prototype !== null)
        refuse(`a ${prototype.constructor?.name ?? 'class'} object`)
      for (const [key, member] of Object.entries(item)) if (member !== undefined) check(member, `${path}.${key}`)
    }
    seen.pop()
  }
  check(value, code === 'tool_invalid_output' ? 'output' : 'the definition')
  return stringify(value)
}

function standardOf(schema) {
  if (schema === null || (typeof schema !== 'object' && typeof schema !== 'function')) return undefined
  const standard = schema['~standard'] ?? schema.$schema?.['~standard']
  return typeof standard?.validate === 'function' ? standard : undefined
}

/** What of a schema can be JSON: a Standard Schema that cannot give its JSON form is `true`, and is checked here. */
function described(schema, side) {
  const standard = standardOf(schema)
  if (standard === undefined) {
    for (const [name, field] of Object.entries(schema)) {
      if (standardOf(field)) {
        throw new Refusal(
          'tool_invalid',
          `its ${side} field "${name}" is a ${standardOf(field).vendor} schema: make the whole ${side} one schema, not a field of it`,
        )
      }
    }
    return parse(jsonText(schema, 'tool_invalid'))
  }
  try {
    return { $schema: parse(stringify(standard.jsonSchema[side]({ target: 'draft-2020-12' }))) }
  } catch {
    return { $schema: true }
  }
}

async function checked(schema, value, code) {
  const standard = standardOf(schema)
  if (standard === undefined) return value
  const result = await standard.validate(value)
  if (result.issues === undefined) return result.value
  const texts = result.issues.slice(0, 5).map((issue) => {
    const path = (issue.path ?? []).map((part) => String(typeof part === 'object' ? part.key : part)).join('.')
    return path === '' ? issue.message : `${path}: ${issue.message}`
  })
  throw new Refusal(code, texts.join('; '))
}

function failure(thrown) {
  if (thrown instanceof Refusal) return { type: 'failed', code: thrown.code, message: thrown.message }
  for (let error = thrown; error instanceof Error; error = error.cause) {
    const isForbidden = error instanceof NotCapable || /^Requires \w+ access/.test(error.message)
    if (isForbidden) return { type: 'failed', code: 'tool_forbidden', message: error.message, stack: error.stack ?? '' }
  }
  return thrown instanceof Error
    ? { type: 'failed', code: 'tool_failed', message: thrown.message || thrown.name, stack: String(thrown.stack ?? '') }
    : { type: 'failed', code: 'tool_failed', message: textOf([thrown]), stack: '' }
}

async function load(bundle) {
  const module = await import(bundle)
  if (!('default' in module)) throw new Refusal('tool_invalid', 'it has no default export')
  const made = module.default
  if (made === null || typeof made !== 'object' || made[Symbol.for('wonder.tool')] !== true) {
    throw new Refusal('tool_invalid', 'its default export was not made by tool() of @wonder/sdk/tool')
  }
  if (typeof made.run !== 'function') throw new Refusal('tool_invalid', 'its definition has no function "run"')
  if (typeof made.description !== 'string' || made.description.trim() === '') {
    throw new Refusal('tool_invalid', 'its definition has no description')
  }
  return made
}

function describe() {
  const { description, input, output, permissions } = definition
  return {
    description,
    input: described(input, 'input'),
    output: described(output, 'output'),
    permissions: parse(jsonText(permissions, 'tool_invalid')),
  }
}

async function call(frame, controller) {
  const input = await checked(definition.input, frame.input, 'tool_invalid_input')
  const context = { log, signal: controller.signal, idempotencyKey: frame.idempotencyKey }
  let result = await definition.run(input, context)
  const output = definition.output
  if (result === undefined && !standardOf(output) && Object.keys(output).length === 0) result = {}
  result = await checked(output, result, 'tool_invalid_output')
  const text = jsonText(result, 'tool_invalid_output')
  const size = text.length > frame.maxOutput ? text.length : text.length * 3 > frame.maxOutput ? encode(text).length : 0
  if (size > frame.maxOutput) throw new Refusal('tool_output_too_large', `${size} bytes`)
  return text
}

async function handle(frame) {
  if (frame.type === 'abort') return current?.abort(new DOMException('The call was ended', 'AbortError'))
  const controller = new AbortController()
  current = controller
  try {
    if (frame.type === 'load') {
      send({ type: 'loading' })
      definition = await load(frame.bundle)
      send({ type: 'loaded' })
    } else if (frame.type === 'describe') {
      send({ type: 'described', description: describe() })
    } else {
      const text = await call(frame, controller)
      if (current === controller) send({ type: 'returned', text })
    }
  } catch (error) {
    if (current === controller) send(failure(error))
  }
  if (current === controller) current = undefined
}

/** What nobody awaits fails the call in which it happens, and ends the process: its state is not known any more. */
function uncaught(event, thrown) {
  event.preventDefault()
  send(
    current === undefined
      ? { type: 'log', level: 'error', text: textOf([thrown]) }
      : { ...failure(thrown), last: true },
  )
  exit(70)
}
addEventListener('unhandledrejection', (event) => uncaught(event, event.reason))
addEventListener('error', (event) => uncaught(event, event.error))

const reader = Deno.stdin.readable.getReader()
const decoder = new TextDecoder()
let rest = ''
for (;;) {
  const { value, done } = await reader.read()
  if (done) exit(0)
  rest += decoder.decode(value, { stream: true })
  const lines = rest.split('\n')
  rest = lines.pop()
  for (const line of lines) {
    const frame = parse(line)
    if (frame.type === 'load') prefix = frame.prefix
    void handle(frame)
  }
}
