/** The result of a reader of NODES, for all forms. */
import type { Issue, Place } from '../issue.ts';
import type { NodeFacts } from './facts.ts';

export interface FoundNode {
  readonly facts: NodeFacts;
  readonly place: Place;
}

export interface FoundNodes {
  readonly nodes: readonly FoundNode[];
  readonly issues: readonly Issue[];
}

/** One note for all nodes about data that the source lacks, and the consequences. */
export function sourceLacks(message: string): Issue {
  return {
    severity: 'note',
    code: 'source-does-not-tell',
    pointer: '',
    message,
    hint: 'where that matters, write the nodes as a list yourself: - {name: node-0, units: [calico/0], addresses: [10.0.0.2/24], labels: {}}',
  };
}
