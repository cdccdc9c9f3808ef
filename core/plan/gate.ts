import { printable } from '../printable.ts';

/**
 * The condition of each kind of gate. A new kind gets its fields here; the compiler then asks for its
 * text, below, and for its reader in agent/app/apply/gates.ts.
 */
interface Conditions {
  /** No address of the pool with this CIDR is in use. */
  readonly 'pool-free': { readonly cidr: string };
}

export type GateKind = keyof Conditions;

export type GateOf<K extends GateKind> = {
  readonly [P in K]: {
    readonly kind: P;
    /** The change fails when the gate is still closed after so much waiting. */
    readonly withinSeconds: number;
  } & Conditions[P];
}[K];

/** What must be true before a step may begin. Pure data; only its reader knows how to find out. */
export type Gate = GateOf<GateKind>;

const texts: { readonly [K in GateKind]: (gate: GateOf<K>) => string } = {
  'pool-free': ({ cidr }) => `no address of ${printable(cidr)} is in use`,
};

/** `no address of 10.1.0.0/16 is in use`: to be read after "until". */
export function gateText<K extends GateKind>(gate: GateOf<K>): string {
  const text: (gate: GateOf<K>) => string = texts[gate.kind];
  return text(gate);
}
