/** What a look at the nodes says about the stage that a rollout is at. */
export type Judged =
  | { readonly kind: 'working' }
  /** All nodes that are there have confirmed, as far as failures are allowed. */
  | { readonly kind: 'confirmed' }
  | { readonly kind: 'failed'; readonly why: string };
