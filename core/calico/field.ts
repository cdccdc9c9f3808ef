/**
 * The treatment of the fields of a Calico resource. Each kind has one table with an entry for every
 * field of its spec, which reading, rendering, comparing, adopting and exporting use. A field
 * without an entry does not compile.
 */
import { isMap, type PlainMap } from '../input/plain-data.ts';

/** A field of the spec S, which follows from a Source: a pool of the configuration, or a peer. */
export interface Field<T, S, Source, Setting extends string = string> {
  /** The value as a datastore holds it; undefined: it has the wrong type. */
  readonly read: (value: unknown) => T | undefined;
  /** The desired value; undefined: the configuration does not give the field. */
  readonly render: (source: Source) => T | undefined;
  /**
   * The field of the NetworkConfig that gives it, also in an export; absent: it comes from several
   * fields.
   */
  readonly setting?: Setting;
  /** Calico's default for an absent field. */
  readonly defaultOf?: (spec: S) => T;
  /** A plan cannot use an object without this field. */
  readonly isRequired?: true;
  /** An absent field is read as its default. */
  readonly isFilledIn?: true;
  /** calicoctl writes the default into a new object. */
  readonly isWrittenIntoNew?: true;
  /** Calico refuses to change it. */
  readonly isImmutable?: true;
  /** Two objects with the same text here have the same purpose, even with different names. */
  readonly identity?: (spec: S) => string;
}

export type FieldTable<S, Source, Setting extends string = string> = {
  readonly [K in keyof Required<S>]: Field<Required<S>[K], S, Source, Setting>;
};

/** A field of Calico that a NetworkConfig does not have. The agent leaves it as it is. */
export interface OtherField {
  readonly default: unknown;
  readonly isWrittenIntoNew?: true;
}

type NamedField<S, Source, Setting extends string> = readonly [
  name: string,
  field: Field<unknown, S, Source, Setting>,
];

/** The table's fields, in its order. */
export function fieldsOf<S, Source, Setting extends string>(
  table: FieldTable<S, Source, Setting>,
): readonly NamedField<S, Source, Setting>[];
export function fieldsOf(table: object): readonly (readonly [string, unknown])[] {
  return Object.entries(table);
}

export type ReadSpec<S> =
  | { readonly kind: 'spec'; readonly spec: S }
  /** A required field is absent. */
  | { readonly kind: 'incomplete' }
  /** The first field with a wrong type. */
  | { readonly kind: 'broken'; readonly field: string };

/** Reads the fields of the table, and leaves out all others. */
export function readSpec<S, Source>(table: FieldTable<S, Source>, data: PlainMap): ReadSpec<S> {
  const values = new Map<string, unknown>();
  const named = fieldsOf(table);
  for (const [name, { read }] of named) {
    const value = data[name];
    if (value === undefined || value === null) continue;
    const parsed = read(value);
    if (parsed === undefined) return { kind: 'broken', field: name };
    values.set(name, parsed);
  }
  if (named.some(([name, { isRequired }]) => isRequired === true && !values.has(name))) {
    return { kind: 'incomplete' };
  }
  const spec = specOf(table, (name) => values.get(name));
  const filled = named.filter(([name, { isFilledIn }]) => isFilledIn === true && !values.has(name));
  if (filled.length === 0) return { kind: 'spec', spec };
  for (const [name, { defaultOf }] of filled) values.set(name, defaultOf?.(spec));
  return { kind: 'spec', spec: specOf(table, (name) => values.get(name)) };
}

export function renderSpec<S, Source>(table: FieldTable<S, Source>, source: Source): S {
  return specOf(table, (_name, { render }) => render(source));
}

/** Calico's defaults for the absent fields of a spec. */
export function defaultsIn<S, Source>(table: FieldTable<S, Source>, spec: S): PlainMap {
  return valuesOf(table, (_name, { defaultOf }) => defaultOf?.(spec));
}

/** The parts of the spec that identify the object's purpose; empty: its kind is enough. */
export function identityOf<S, Source>(table: FieldTable<S, Source>, spec: S): readonly string[] {
  return fieldsOf(table).flatMap(([, { identity }]) => identity?.(spec) ?? []);
}

/** The values of a spec that have a field of their own in a NetworkConfig. */
export function settingsOf<S, Source>(
  table: FieldTable<S, Source>,
  spec: S,
): readonly { readonly name: string; readonly setting: string; readonly value: unknown }[] {
  const values = new Map(Object.entries(spec ?? {}));
  return fieldsOf(table).flatMap(([name, { setting }]) => {
    const value: unknown = values.get(name);
    return setting === undefined || value === undefined ? [] : [{ name, setting, value }];
  });
}

function specOf<S, Source>(table: FieldTable<S, Source>, valueOf: ValueOf<S, Source>): S;
function specOf<S, Source>(table: FieldTable<S, Source>, valueOf: ValueOf<S, Source>): object {
  return valuesOf(table, valueOf);
}

type ValueOf<S, Source> = (name: string, field: Field<unknown, S, Source>) => unknown;

/** The defined values, in the order of the table. */
function valuesOf<S, Source>(table: FieldTable<S, Source>, valueOf: ValueOf<S, Source>): PlainMap {
  const values = fieldsOf(table).map(([name, field]) => [name, valueOf(name, field)] as const);
  return Object.fromEntries(values.filter(([, value]) => value !== undefined));
}

export function text(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined;
}

export function wholeNumber(value: unknown): number | undefined {
  return Number.isSafeInteger(value) ? Number(value) : undefined;
}

/**
 * A number, or a text, which may be dotted, as people write it into manifests. calicoctl writes a
 * number. Source: api/pkg/lib/numorstring/asnumber.go.
 */
export function anyAsNumber(value: unknown): number | undefined {
  const written = typeof value === 'number' ? String(value) : value;
  const [, high, low] = /^(?:(\d{1,5})\.)?(\d{1,10})$/u.exec(text(written) ?? '') ?? [];
  if (low === undefined || (typeof value === 'number' && high !== undefined)) return undefined;
  if (high !== undefined && Number(low) > 0xffff) return undefined;
  const number = Number(high ?? 0) * 65_536 + Number(low);
  return number < 2 ** 32 ? number : undefined;
}

export function flag(value: unknown): boolean | undefined {
  return typeof value === 'boolean' ? value : undefined;
}

export function oneOf<T extends string>(choices: readonly T[]): (value: unknown) => T | undefined {
  return (value) => choices.find((choice) => choice === value);
}

/** Calico's form of a list of networks. */
export type Cidrs = readonly { readonly cidr: string }[];

export function cidrs(value: unknown): Cidrs | undefined {
  if (!Array.isArray(value)) return undefined;
  const list = value.map((item: unknown) => (isMap(item) ? item['cidr'] : undefined));
  const found = list.filter((cidr) => typeof cidr === 'string');
  return found.length === list.length ? found.map((cidr) => ({ cidr })) : undefined;
}
