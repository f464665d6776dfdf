import type { BuiltIn } from './built-ins/built-in.ts'
import { dateHelpers } from './built-ins/date.ts'
import { listHelpers } from './built-ins/list.ts'
import { logicHelpers } from './built-ins/logic.ts'
import { moreListHelpers } from './built-ins/more-list.ts'
import { moreTextHelpers } from './built-ins/more-text.ts'
import { numberHelpers } from './built-ins/number.ts'
import { textHelpers } from './built-ins/text.ts'

/** Every built-in helper by its name, but for if, unless, each, with, lookup and raw, which are part of the language. */
export const builtIns: Readonly<Record<string, BuiltIn>> = {
  ...logicHelpers,
  ...textHelpers,
  ...numberHelpers,
  ...listHelpers,
  ...dateHelpers,
  ...moreTextHelpers,
  ...moreListHelpers,
}
