import { WonderError } from '@wonder/errors'

/** The number of a record, as `42` or as the place of an event in it, `42.3`. Throws `invalid_usage`. */
export function readRecord(text: string, option: string): number {
  const number = /^(\d{1,15})(\.\d+)?$/.exec(text)?.[1]
  if (number !== undefined && Number(number) > 0) return Number(number)
  throw new WonderError('invalid_usage', `Cannot read ${option} "${text}": expected the number of a record, from 1`, {
    details: { hint: 'See the records with: wonder runs events RUN' },
  })
}
