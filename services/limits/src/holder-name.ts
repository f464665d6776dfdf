import type { Holder } from '@wonder/platform'
import type { HolderName } from './entity-kernel.ts'

/** As it stands in journals: `run`, or `run/request`. Ids of runs have no slash. */
export function holderName({ run, request }: Holder): HolderName {
  return request === '' ? run : `${run}/${request}`
}

export function holderOf(name: HolderName): Holder {
  const slash = name.indexOf('/')
  return slash === -1 ? { run: name, request: '' } : { run: name.slice(0, slash), request: name.slice(slash + 1) }
}
