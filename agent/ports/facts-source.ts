import type { NodeFactsInput } from '../../schemas/generated/node-facts.ts';

/** Where a node's facts are found when nobody says them. */
export interface FactsSource {
  /** What can be seen; never throws for what cannot. */
  detect(): Promise<DetectedFacts>;
}

export type DetectedFacts = NodeFactsInput & { readonly name: string };
