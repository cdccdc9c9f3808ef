import { factsToInput } from '../../core/facts/from-input.ts';
import {
  decisionCapability,
  retryCapability,
  termsCapability,
  type HelloMessage,
} from '../../core/protocol/messages.ts';
import type { FollowedAgent } from '../app/agent.ts';

/** What the agent is and has, for the controller. */
export function helloOf(agent: FollowedAgent, cluster: string, instance: string): HelloMessage {
  const { node, agentVersion, datastore, revisions } = agent.readings.status();
  const { accepted, inForce, confirmed, rejected } = revisions;
  return {
    type: 'hello',
    formatVersion: 1,
    cluster,
    node,
    instance,
    agentVersion,
    capabilities: [
      `datastore-${datastore.driver}`,
      retryCapability,
      termsCapability,
      decisionCapability,
    ],
    facts: factsOf(agent),
    // What the status has beside these is not in the protocol, and a controller would hang up.
    revisions: {
      ...(accepted !== undefined && { accepted }),
      ...(inForce !== undefined && { inForce }),
      ...(confirmed !== undefined && { confirmed }),
      rejected,
    },
  };
}

export function factsOf(agent: FollowedAgent): HelloMessage['facts'] {
  return factsToInput(agent.readings.facts());
}
