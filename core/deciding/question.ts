/** The question about a configuration's text, and the answer for one node. Pure data. */
import type { AsNumbers } from '../config/as-numbers.ts';
import type { NodeFacts } from '../facts/facts.ts';
import type { Issue } from '../issue.ts';
import type { Desired } from '../render/desired.ts';
import type { Resolution } from '../resolve/resolution.ts';

/** The task of an agent: a node of the cluster, or the LXD host of nodes. */
export type Role = 'node' | 'lxd-host';

/** How this agent reads configurations. */
export interface ReadingSettings {
  readonly unitApplication: string | undefined;
  readonly roles: readonly Role[];
}

export interface Question {
  /** A NetworkConfig of either dialect, YAML or JSON. */
  readonly text: string;
  readonly facts: NodeFacts;
  readonly reading: ReadingSettings;
}

/** A configuration as derived for this node. */
export interface Derived {
  readonly resolution: Resolution;
  readonly desired: Desired;
  /** The AS numbers of the whole configuration. Absent: this host is no node. */
  readonly asNumbers?: AsNumbers;
  /** Warnings and notes. */
  readonly issues: readonly Issue[];
}

export type Decided =
  | { readonly ok: true; readonly digest: string; readonly derived: Derived }
  | { readonly ok: false; readonly issues: readonly Issue[] };

/** The phases of a decision; an error that stops it names the phase. */
export type Phase = 'reading the text' | 'resolving this node' | 'rendering the resources';
