import { factsToInput } from '../../core/facts/from-input.ts';
import {
  clusterShareCapability,
  decisionCapability,
  retryCapability,
  termsCapability,
  type HelloMessage,
} from '../../core/protocol/messages.ts';
import type { FollowedAgent } from '../app/agent.ts';

/** The agent's properties and revisions, for the controller. */
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
      clusterShareCapability,
    ],
    facts: factsOf(agent),
    // Only these fields of the status are in the protocol; a controller would end the connection
    // for others.
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
