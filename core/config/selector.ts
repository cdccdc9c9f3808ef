/** A Calico selector expression over labels, parsed. Source: libcalico-go/lib/selector. */
export interface Selector {
  readonly text: string;
  matches(labels: Readonly<Record<string, string>>): boolean;
}
