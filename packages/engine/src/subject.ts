/**
 * What more is to be known of what a token waits for, by kind. A token has at most one.
 */
export type Subject = { readonly kind: 'delivery'; readonly debt: string }
