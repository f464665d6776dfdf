/** What an expression gives back. */
export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json }
