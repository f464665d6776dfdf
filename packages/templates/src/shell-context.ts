import type { Scanner } from './scanner.ts'
import type { Program, Span, Statement } from './syntax.ts'

/** What bash makes of the next character. In every state but `plain` it would not take our quotes for quotes. */
type State =
  | 'plain'
  | 'escaped'
  | 'dollar'
  | 'single'
  | 'double'
  | 'double-escaped'
  | 'ansi'
  | 'ansi-escaped'
  | 'backtick'
  | 'comment'
  | 'arithmetic'
  | 'here-document'

const places: Readonly<Record<Exclude<State, 'plain'>, string>> = {
  escaped: 'after a backslash',
  dollar: 'after a "$"',
  single: 'inside single quotes',
  double: 'inside double quotes',
  'double-escaped': 'inside double quotes',
  ansi: "inside $'…'",
  'ansi-escaped': "inside $'…'",
  backtick: 'inside backticks',
  comment: 'in a comment',
  arithmetic: 'inside (( )) or the [ ] of an array',
  'here-document': 'after the start of a here-document',
}

/**
 * Follows bash's quoting through the text of a command. A value is written as one single-quoted argument, which
 * holds only where bash reads unquoted words: within quotes, `"{{ x }}"` would run a `$(…)` that x contains.
 */
export class ShellContext {
  readonly #scanner: Scanner
  #state: State = 'plain'
  #last = '\n'
  /** Parentheses and brackets open in an arithmetic expression. */
  #open = 0

  constructor(scanner: Scanner) {
    this.#scanner = scanner
  }

  walk(program: Program): void {
    for (const statement of program.body) this.#statement(statement)
  }

  #statement(statement: Statement): void {
    switch (statement.kind) {
      case 'content':
        this.#text(statement.value)
        return
      case 'comment':
        return
      case 'mustache':
      case 'computed':
      case 'partial':
        this.#value(statement)
        return
      case 'raw-block':
        this.#branches([statement.program], statement)
        return
      case 'block':
      case 'inline':
      case 'partial-block':
        this.#branches([statement.program, statement.inverse], statement)
    }
  }

  #value(span: Span): void {
    if (this.#state !== 'plain') {
      const message = `A value cannot stand ${places[this.#state]} of a shell command: {{ }} is a quoted argument already, so write it outside of them`
      throw this.#scanner.error('quoted_in_shell', message, span)
    }
    this.#last = 'x'
  }

  #branches(programs: readonly (Program | undefined)[], span: Span): void {
    const before = this.#state
    for (const program of programs) {
      if (program === undefined) continue
      this.walk(program)
      if (this.#state !== before) {
        const message =
          'A quote, comment or here-document begins or ends in this block and not outside: keep each within one branch'
        throw this.#scanner.error('quoted_in_shell', message, span)
      }
    }
  }

  #text(text: string): void {
    for (let index = 0; index < text.length; index++) {
      if (this.#state === 'plain' && text.startsWith('<<<', index)) {
        this.#last = ' '
        index += 2
        continue
      }
      const char = text.charAt(index)
      this.#state = this.#next(char, text.charAt(index + 1))
      this.#last = char
    }
  }

  #next(char: string, following: string): State {
    switch (this.#state) {
      case 'escaped':
        return 'plain'
      case 'double-escaped':
        return 'double'
      case 'ansi-escaped':
        return 'ansi'
      case 'single':
        return char === "'" ? 'plain' : 'single'
      case 'double':
        return char === '"' ? 'plain' : char === '\\' ? 'double-escaped' : 'double'
      case 'ansi':
        return char === "'" ? 'plain' : char === '\\' ? 'ansi-escaped' : 'ansi'
      case 'backtick':
        return char === '`' ? 'plain' : 'backtick'
      case 'comment':
        return char === '\n' ? 'plain' : 'comment'
      case 'arithmetic':
        this.#open += char === '(' || char === '[' ? 1 : char === ')' || char === ']' ? -1 : 0
        return this.#open === 0 ? 'plain' : 'arithmetic'
      case 'here-document':
        return 'here-document'
      case 'dollar':
        return char === "'" ? 'ansi' : char === '[' ? this.#arithmetic(1) : this.#plain(char, following)
      case 'plain':
        return this.#plain(char, following)
    }
  }

  #arithmetic(open: number): State {
    this.#open = open
    return 'arithmetic'
  }

  #plain(char: string, following: string): State {
    switch (char) {
      case '\\':
        return 'escaped'
      case '$':
        return 'dollar'
      case "'":
        return 'single'
      case '"':
        return 'double'
      case '`':
        return 'backtick'
      case '#':
        return /[\s;|&(]/.test(this.#last) ? 'comment' : 'plain'
      case '(':
        return this.#last === '(' ? this.#arithmetic(2) : 'plain'
      case '[':
        return /\w/.test(this.#last) ? this.#arithmetic(1) : 'plain'
      case '<':
        return this.#last === '<' && following !== '<' ? 'here-document' : 'plain'
      default:
        return 'plain'
    }
  }
}
