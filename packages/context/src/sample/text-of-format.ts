import type { Draw } from './draw.ts'

const WORDS = ['ada', 'grace', 'linus', 'rust', 'moon', 'river', 'x1']

/** Texts of the known formats, by name. */
export const textOfFormat: { readonly [format: string]: (draw: Draw) => string } = {
  'date-time': (draw) => `${date(draw)}T${time(draw)}`,
  date,
  time,
  duration: (draw) => draw.pick(['P1D', 'PT1H30M', 'P2W', `P${draw.integer(1, 9)}Y`, `PT${draw.integer(1, 59)}S`]),
  email: (draw) => `${draw.pick(WORDS)}${draw.integer(0, 99)}@${host(draw)}`,
  'idn-email': (draw) => `${draw.pick(WORDS)}${draw.integer(0, 99)}@${host(draw)}`,
  hostname: host,
  'idn-hostname': host,
  ipv4: (draw) => Array.from({ length: 4 }, () => draw.integer(0, 255)).join('.'),
  ipv6: (draw) => Array.from({ length: 8 }, () => draw.integer(0, 0xffff).toString(16)).join(':'),
  uri: (draw) => `https://${host(draw)}/${draw.pick(WORDS)}`,
  iri: (draw) => `https://${host(draw)}/${draw.pick(WORDS)}`,
  'uri-reference': (draw) => `/${draw.pick(WORDS)}?a=${draw.integer(0, 9)}`,
  'iri-reference': (draw) => `/${draw.pick(WORDS)}?a=${draw.integer(0, 9)}`,
  'uri-template': (draw) => `/${draw.pick(WORDS)}/{id}`,
  uuid: (draw) =>
    [8, 4, 4, 4, 12].map((length) => Array.from({ length }, () => draw.integer(0, 15).toString(16)).join('')).join('-'),
  'json-pointer': (draw) => `/${draw.pick(WORDS)}/${draw.integer(0, 9)}`,
  'relative-json-pointer': (draw) => `${draw.integer(0, 3)}/${draw.pick(WORDS)}`,
  regex: (draw) => `^${draw.pick(WORDS)}+$`,
}

function date(draw: Draw): string {
  return `${draw.integer(1970, 2099)}-${two(draw.integer(1, 12))}-${two(draw.integer(1, 28))}`
}

function time(draw: Draw): string {
  return `${two(draw.integer(0, 23))}:${two(draw.integer(0, 59))}:${two(draw.integer(0, 59))}Z`
}

function host(draw: Draw): string {
  return `${draw.pick(WORDS)}${draw.integer(0, 999)}.example`
}

function two(number: number): string {
  return String(number).padStart(2, '0')
}
