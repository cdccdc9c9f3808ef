/** One field of a provider's stanza, as kops' releases know it. */

/** A type with ? is a pointer in kops: false and 0 are then values, and not the same as nothing. */
export type KopsFieldType =
  | 'text'
  | 'flag'
  | 'flag?'
  | 'number'
  | 'number?'
  | 'quantity'
  | 'texts'
  | 'map'
  | 'env'
  | readonly KopsField[];

export interface KopsField {
  /** In kops.k8s.io/v1alpha2. */
  readonly name: string;
  readonly type: KopsFieldType;
  /** The minor version of kops (1.N) whose API has it first; it was never removed. */
  readonly since: number;
  /** In v1alpha3; absent: the same name. null: v1alpha3 does not have it. */
  readonly v3?: string | null;
  /** From this minor version on kops reads it and does nothing with it. */
  readonly unusedSince?: number;
  /** true in v1alpha2 is false in v1alpha3. */
  readonly isInvertedInV3?: true;
  /** All values that kops allows, from validation.go. */
  readonly values?: readonly string[];
  /** In force where the document does not have it. */
  readonly initial?: string;
  /** Its effect, as a sentence without a subject. */
  readonly about?: string;
}

type More = Omit<KopsField, 'name' | 'type' | 'since'>;

/** A row of a table. @param since N for kops 1.N */
export function field(
  name: string,
  type: KopsFieldType,
  since: number,
  about?: string,
  more: More = {},
): KopsField {
  return { name, type, since, ...(about !== undefined && { about }), ...more };
}

/** Fields that kops 1.N and newer read and drop, and that v1alpha3 never had. */
export function unusedFields(
  since: number,
  unusedSince: number,
  names: Readonly<Record<string, KopsFieldType>>,
): readonly KopsField[] {
  return Object.entries(names).map(([name, type]) =>
    field(name, type, since, undefined, { v3: null, unusedSince }),
  );
}
