import type { Keyword } from '../keyword.ts'

function bound(holds: (value: number, limit: number) => boolean, words: string): Keyword {
  return (at) => {
    const limit = at.numberValue()
    return (value, run) =>
      typeof value !== 'number' ||
      holds(value, limit) ||
      at.fail(run, () => ({ expected: limit, actual: value, message: `must be ${words} ${limit}, not ${value}` }))
  }
}

const multipleOf: Keyword = (at) => {
  const factor = at.numberValue()
  if (factor <= 0) throw at.invalid('it must be greater than 0')
  return (value, run) =>
    typeof value !== 'number' ||
    isMultiple(value, factor) ||
    at.fail(run, () => ({ expected: factor, actual: value, message: `must be a multiple of ${factor}, not ${value}` }))
}

/** By the decimals that are written: 0.0075 is a multiple of 0.0001, though not in binary. */
export function isMultiple(value: number, factor: number): boolean {
  if (value % factor === 0) return true
  if (!Number.isFinite(value) || (Number.isInteger(value) && Number.isInteger(factor))) return false
  const a = decimalOf(value)
  const b = decimalOf(factor)
  const exponent = Math.min(a.exponent, b.exponent)
  const scaled = (number: Decimal) => number.digits * 10n ** BigInt(number.exponent - exponent)
  return scaled(a) % scaled(b) === 0n
}

type Decimal = { readonly digits: bigint; readonly exponent: number }

function decimalOf(value: number): Decimal {
  const [mantissa = '0', exponent = '0'] = value.toString().split('e')
  const [whole = '0', fraction = ''] = mantissa.split('.')
  return { digits: BigInt(whole + fraction), exponent: Number(exponent) - fraction.length }
}

export const numberKeywords: { readonly [keyword: string]: Keyword } = {
  minimum: bound((value, limit) => value >= limit, 'at least'),
  maximum: bound((value, limit) => value <= limit, 'at most'),
  exclusiveMinimum: bound((value, limit) => value > limit, 'greater than'),
  exclusiveMaximum: bound((value, limit) => value < limit, 'less than'),
  multipleOf,
}
