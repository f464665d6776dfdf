import { compilePattern } from './pattern.ts'

/** Formats by name. Each expression here is linear: no repetition can match the same text in two ways. */
export const formats: { readonly [name: string]: (text: string) => boolean } = {
  'date-time': isDateTime,
  date: isDate,
  time: isTime,
  duration: (text) => /^P(?!$)(\d+W|(\d+Y)?(\d+M)?(\d+D)?(T(?=\d)(\d+H)?(\d+M)?(\d+S)?)?)$/.test(text),
  email: isEmail,
  hostname: isHostname,
  ipv4: isIpv4,
  ipv6: isIpv6,
  uri: (text) => /^[A-Za-z][A-Za-z0-9+.-]*:/.test(text) && isUriReference(text),
  'uri-reference': isUriReference,
  uuid: (text) => /^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$/.test(text),
  'json-pointer': (text) => /^(\/([^~/]|~[01])*)*$/.test(text),
  'idn-email': (text) => isEmail(text.replaceAll(NOT_ASCII, 'x')),
  'idn-hostname': (text) => isHostname(text.replaceAll(NOT_ASCII, 'x')),
  iri: (text) => /^[A-Za-z][A-Za-z0-9+.-]*:/.test(text) && isUriReference(text.replaceAll(NOT_ASCII, 'x')),
  'iri-reference': (text) => isUriReference(text.replaceAll(NOT_ASCII, 'x')),
  'uri-template': (text) => /^([^{}\s<>"\\^`|]|\{[+#./;?&=,!@|]?[\w.%]+(:\d+|\*)?(,[\w.%]+(:\d+|\*)?)*\})*$/.test(text),
  'relative-json-pointer': (text) => /^(0|[1-9]\d*)(#|(\/([^~/]|~[01])*)*)$/.test(text),
  regex: (text) => typeof compilePattern(text) === 'function',
}

/** Letters of other alphabets; what they may be in detail is not looked at. */
const NOT_ASCII = /[\u{a0}-\u{10ffff}]/gu

function isDateTime(text: string): boolean {
  const at = text.search(/[Tt]/)
  return at !== -1 && isDate(text.slice(0, at)) && isTime(text.slice(at + 1))
}

function isDate(text: string): boolean {
  const match = /^(\d{4})-(\d\d)-(\d\d)$/.exec(text)
  if (!match) return false
  const [year, month, day] = match.slice(1).map(Number) as [number, number, number]
  const leap = year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0)
  const days = [31, leap ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31][month - 1] ?? 0
  return day >= 1 && day <= days
}

/** RFC 3339: the offset is required. A leap second is 23:59:60 in UTC. */
function isTime(text: string): boolean {
  const match = /^(\d\d):(\d\d):(\d\d)(\.\d+)?([Zz]|([+-])(\d\d):(\d\d))$/.exec(text)
  if (!match) return false
  const [hour, minute, second] = [Number(match[1]), Number(match[2]), Number(match[3])]
  const [offsetHours, offsetMinutes] = [Number(match[7] ?? 0), Number(match[8] ?? 0)]
  if (hour > 23 || minute > 59 || second > 60 || offsetHours > 23 || offsetMinutes > 59) return false
  if (second < 60) return true
  const offset = (offsetHours * 60 + offsetMinutes) * (match[6] === '-' ? -1 : 1)
  return (hour * 60 + minute - offset + 1440) % 1440 === 1439
}

function isEmail(text: string): boolean {
  const at = text.lastIndexOf('@')
  const local = text.slice(0, at)
  return (
    at > 0 &&
    at <= 64 &&
    /^[\w!#$%&'*+/=?^`{|}~-]+(\.[\w!#$%&'*+/=?^`{|}~-]+)*$/.test(local) &&
    isHostname(text.slice(at + 1))
  )
}

function isHostname(text: string): boolean {
  return (
    text.length <= 253 && text.split('.').every((label) => /^[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?$/.test(label))
  )
}

function isIpv4(text: string): boolean {
  const parts = text.split('.')
  return parts.length === 4 && parts.every((part) => /^(0|[1-9]\d{0,2})$/.test(part) && Number(part) <= 255)
}

function isIpv6(text: string): boolean {
  const halves = text.split('::')
  if (halves.length > 2) return false
  const groups = halves.flatMap((half) => (half === '' ? [] : half.split(':')))
  const last = groups.at(-1) ?? ''
  const embedded = last.includes('.')
  if (embedded && !(isIpv4(last) && text.endsWith(last))) return false
  const plain = embedded ? groups.slice(0, -1) : groups
  const count = plain.length + (embedded ? 2 : 0)
  return plain.every((group) => /^[0-9a-fA-F]{1,4}$/.test(group)) && (halves.length === 2 ? count <= 7 : count === 8)
}

function isUriReference(text: string): boolean {
  return /^([\w\-.~:/?#[\]@!$&'()*+,;=]|%[0-9a-fA-F]{2})*$/.test(text) && text.split('#').length <= 2
}
