/** A node of the simulated cluster: what stays while processes come and go. */
import type { RevisionRef } from '../../../core/revision/revision.ts';
import { SimDisk } from '../stand-ins/sim-disk.ts';

export interface SimMachine {
  readonly name: string;
  /** With prefix length. */
  readonly address: string;
  readonly disk: SimDisk;
  /** Its agent is of a version that does not know what a controller may ask for today. */
  readonly isOlder: boolean;
  /** What the network of this node is like now. */
  inEffect?: RevisionRef;
  wallErrorMs: number;
}

export function simMachine(index: number, isOlder: boolean): SimMachine {
  const name = `node-${String(index)}`;
  const address = `10.0.0.${String(index + 10)}/24`;
  return { name, address, disk: new SimDisk(), isOlder, wallErrorMs: 0 };
}

/** A configuration of the simulated cluster, and how it goes at the nodes. */
export interface SimConfig {
  readonly text: string;
  /** Nodes whose agents refuse it. */
  readonly refusedBy: ReadonlySet<string>;
  /** Nodes that are not healthy with it. */
  readonly unhealthyAt: ReadonlySet<string>;
  /** Nodes that need long until they know that they are healthy with it. */
  readonly slowAt: ReadonlySet<string>;
}
