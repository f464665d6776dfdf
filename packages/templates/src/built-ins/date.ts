import { kindOf, type Value } from '../json.ts'
import { wordsOf } from './arguments.ts'
import type { BuiltIn } from './built-in.ts'

/** Dates of given values, in UTC. There is no "now": a template gives the same text whenever it is rendered. */
export const dateHelpers: Readonly<Record<string, BuiltIn>> = {
  date: {
    usage: '(date value "YYYY-MM-DD HH:mm")',
    takes: [1, 2],
    compute: ([value, format = 'YYYY-MM-DD']) => formatDate(momentOf(value), wordsOf(format)),
  },
}

const day = 86_400_000
const weekdays = ['Sunday', 'Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday']
const months = [
  'January',
  'February',
  'March',
  'April',
  'May',
  'June',
  'July',
  'August',
  'September',
  'October',
  'November',
  'December',
]
const iso = /^(\d{4})-(\d\d)-(\d\d)(?:[Tt ](\d\d):(\d\d)(?::(\d\d)(?:\.(\d{1,9}))?)?(Z|z|[+-]\d\d:?\d\d)?)?$/

/** Milliseconds since 1970 in UTC, of a number of them or an ISO 8601 text; a text without offset is UTC. */
function momentOf(value: Value): number {
  if (typeof value === 'number' && Number.isFinite(value) && Math.abs(value) <= 8.64e15) return Math.floor(value)
  const found = typeof value === 'string' ? iso.exec(value) : null
  if (found === null)
    throw new TypeError(`an ISO 8601 date or milliseconds since 1970 are needed, this is ${kindOf(value)}`)
  const [, year = '', month = '', date = '', hour = '0', minute = '0', second = '0', fraction = '', zone = 'Z'] = found
  const days = daysOf(Number(year), Number(month), Number(date))
  const back = calendarOf(days)
  const valid =
    back.month === Number(month) &&
    back.date === Number(date) &&
    Number(hour) < 24 &&
    Number(minute) < 60 &&
    Number(second) < 60
  if (!valid) throw new RangeError(`there is no such date: ${kindOf(value)}`)
  const clock =
    (Number(hour) * 60 + Number(minute)) * 60_000 + Number(second) * 1000 + Number(fraction.padEnd(3, '0').slice(0, 3))
  return days * day + clock - offsetOf(zone)
}

function offsetOf(zone: string): number {
  if (zone.toUpperCase() === 'Z') return 0
  const minutes = Number(zone.slice(1, 3)) * 60 + Number(zone.slice(-2))
  return (zone.startsWith('-') ? -1 : 1) * minutes * 60_000
}

/** Days since 1970-01-01 in the proleptic Gregorian calendar; years are counted from March, so that leap days come last. */
function daysOf(year: number, month: number, date: number): number {
  const y = month <= 2 ? year - 1 : year
  const era = Math.floor(y / 400)
  const yearOfEra = y - era * 400
  const dayOfYear = Math.floor((153 * (month + (month > 2 ? -3 : 9)) + 2) / 5) + date - 1
  return era * 146_097 + yearOfEra * 365 + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100) + dayOfYear - 719_468
}

function calendarOf(days: number): { year: number; month: number; date: number } {
  const shifted = days + 719_468
  const era = Math.floor(shifted / 146_097)
  const dayOfEra = shifted - era * 146_097
  const yearOfEra = Math.floor(
    (dayOfEra - Math.floor(dayOfEra / 1460) + Math.floor(dayOfEra / 36_524) - Math.floor(dayOfEra / 146_096)) / 365,
  )
  const dayOfYear = dayOfEra - (365 * yearOfEra + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100))
  const part = Math.floor((5 * dayOfYear + 2) / 153)
  const month = part < 10 ? part + 3 : part - 9
  const date = dayOfYear - Math.floor((153 * part + 2) / 5) + 1
  return { year: yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, date }
}

const token = /\[([^\]]*)\]|YYYY|YY|MMMM|MMM|MM|M|DD|D|dddd|ddd|HH|H|mm|ss|SSS|Z/g

/** Words in square brackets are written as they are. */
function formatDate(moment: number, format: string): string {
  const days = Math.floor(moment / day)
  const { year, month, date } = calendarOf(days)
  const clock = moment - days * day
  const hour = Math.floor(clock / 3_600_000)
  const monthName = months[month - 1] ?? ''
  const weekday = weekdays[(((days + 4) % 7) + 7) % 7] ?? ''
  const pad = (value: number, width = 2) => String(value).padStart(width, '0')
  const parts: Readonly<Record<string, string>> = {
    YYYY: pad(year, 4),
    YY: pad(((year % 100) + 100) % 100),
    MMMM: monthName,
    MMM: monthName.slice(0, 3),
    MM: pad(month),
    M: String(month),
    DD: pad(date),
    D: String(date),
    dddd: weekday,
    ddd: weekday.slice(0, 3),
    HH: pad(hour),
    H: String(hour),
    mm: pad(Math.floor(clock / 60_000) % 60),
    ss: pad(Math.floor(clock / 1000) % 60),
    SSS: pad(clock % 1000, 3),
    Z: 'Z',
  }
  return format.replace(token, (found, words: string | undefined) => words ?? parts[found] ?? found)
}
