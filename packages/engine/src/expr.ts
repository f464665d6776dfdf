import type { Json } from './json.ts'

/** How a value enters a text: nothing is escaped, HTML, one argument of a shell command, a part of a URL. */
export type Sink = 'none' | 'html' | 'shell' | 'url'

/**
 * A value that is computed, in the definition. Literals are never parsed again, so no data can become a template.
 */
export type Expr =
  | { readonly lit: Json }
  /** One reference; keeps the type. `["secrets", NAME]` gives a secret's part. */
  | { readonly path: readonly (string | number)[] }
  /** CEL. */
  | { readonly cel: string }
  /** A Handlebars text. */
  | { readonly text: string; readonly sink: Sink }
  | { readonly list: readonly Expr[] }
  | { readonly map: { readonly [key: string]: Expr } }
