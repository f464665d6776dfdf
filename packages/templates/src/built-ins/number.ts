import { countOf, numberOf, wordsOf } from './arguments.ts'
import type { BuiltIn } from './built-in.ts'

export const numberHelpers: Readonly<Record<string, BuiltIn>> = {
  add: arithmetic('add', (a, b) => a + b),
  subtract: arithmetic('subtract', (a, b) => a - b),
  multiply: arithmetic('multiply', (a, b) => a * b),
  divide: arithmetic('divide', (a, b) => {
    if (b === 0) throw new RangeError('nothing can be divided by 0')
    return a / b
  }),
  round: {
    usage: '(round number digits)',
    takes: [1, 2],
    compute: ([value, digits = 0]) => round(numberOf(value), countOf(digits, 0, 15)),
  },
  number: {
    usage: '(number value digits=2 group=",")',
    takes: [1, 1],
    options: ['digits', 'group'],
    compute: ([value], { hash }) => {
      const number = numberOf(value)
      const { digits, group } = hash
      const text = digits === undefined ? String(number) : fixed(number, countOf(digits, 0, 15))
      return group === undefined ? text : grouped(text, wordsOf(group))
    },
  },
  percent: {
    usage: '(percent share digits=1)',
    takes: [1, 1],
    options: ['digits'],
    compute: ([value], { hash }) => `${fixed(numberOf(value) * 100, countOf(hash['digits'] ?? 0, 0, 15))}%`,
  },
}

function arithmetic(name: string, operate: (a: number, b: number) => number): BuiltIn {
  const compute: BuiltIn['compute'] = ([a, b]) => {
    const result = operate(numberOf(a), numberOf(b))
    if (!Number.isFinite(result)) throw new RangeError('the result is too large for a number')
    return result
  }
  return { usage: `(${name} a b)`, takes: [2, 2], compute }
}

/** Halves go away from zero, as on paper: 1.005 to two digits is 1.01, for it is its decimal form that is rounded. */
function round(value: number, digits: number): number {
  const text = String(Math.abs(value))
  if (text.includes('e')) return Math.abs(value) < 1 ? 0 : value
  const rounded = Number(`${Math.round(Number(`${text}e${digits}`))}e-${digits}`)
  return Number.isFinite(rounded) ? Math.sign(value) * rounded || 0 : value
}

function fixed(value: number, digits: number): string {
  return round(value, digits).toFixed(digits)
}

function grouped(text: string, separator: string): string {
  const [whole = '', ...fraction] = text.split('.')
  return [whole.replace(/\B(?=(?:\d{3})+$)/g, () => separator), ...fraction].join('.')
}
