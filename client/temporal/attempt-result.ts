/** What one way of getting the binary answered: its path, or one sentence that says why not. */
export type AttemptResult =
  { readonly kind: 'found' } | { readonly kind: 'unavailable'; readonly why: string };
