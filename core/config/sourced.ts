/** The smallest parts of the model: values with their places, and networks. */
import type { Place } from '../issue.ts';

/** A value with its place in the text. */
export interface Sourced<T> {
  readonly value: T;
  readonly place: Place;
}

export type Family = 4 | 6;

/** A network in canonical form: host bits cleared, RFC 5952 for IPv6. */
export interface Network {
  readonly family: Family;
  /** The network address. */
  readonly address: string;
  readonly prefixLength: number;
  /** `address/prefixLength`. */
  readonly cidr: string;
}
