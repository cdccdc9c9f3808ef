import type { HostAddress } from '../../core/facts/addresses/host-address.ts';
import type { NodeFactsInput } from '../../schemas/generated/node-facts.ts';

/** Detects the facts of a node that agent.yaml and hooks do not give. */
export interface FactsSource {
  /** The facts that can be read; never throws for those that cannot. */
  detect(): Promise<DetectedFacts>;
}

export interface DetectedFacts extends Omit<NodeFactsInput, 'addresses' | 'name'> {
  readonly name: string;
  /** All addresses of this machine's interfaces that are up, for any purpose. */
  readonly host: readonly HostAddress[];
}
