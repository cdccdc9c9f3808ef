/** Names that the document gives, also to items with faults of form. */
export interface Named {
  readonly pools: ReadonlySet<string>;
  readonly peers: ReadonlySet<string>;
  readonly bfdProfiles: ReadonlySet<string>;
  readonly communities: ReadonlySet<string>;
  /** Nothing had a fault of form, so what is not there is absent. */
  readonly isWhole: boolean;
}
