/** Reads an agent's hello into a form, and within bounds, in which it can be stored. */
import { factsFromInput, factsToInput } from '../../../core/facts/from-input.ts';
import { hasErrors } from '../../../core/issue.ts';
import {
  clusterShareCapability,
  decisionCapability,
  type HelloMessage,
} from '../../../core/protocol/messages.ts';
import type { StoredNode } from '../../../schemas/generated/controller-state.ts';
import { isControllerState } from '../../../schemas/generated/controller-state.validator.js';
import { identityOfNode } from './kept-identity.ts';
import type { NodeRecord } from './node-record.ts';

/**
 * The node's name in lower case, as in Calico and Kubernetes: "Node-0" and "node-0" are one node.
 */
function nodeNameOf({ node }: HelloMessage): string {
  return node.toLowerCase();
}

/**
 * The most facts of a node, as JSON. Twenty thousand nodes of usual size fit into the controller's
 * file many times.
 */
const maxFactsLength = 64 * 1024;

export function recordOf(stored: StoredNode): NodeRecord {
  const { name, facts, agentVersion, lastSeenAt, address, identity, capabilities } = stored;
  const lower = name.toLowerCase();
  const read = factsFromInput(facts, lower).facts;
  return {
    name: lower,
    facts: { ...read, name: lower },
    factsBytes: JSON.stringify(facts).length,
    agentVersion,
    lastSeenAt,
    ...(address === undefined ? {} : { address }),
    ...(identity === undefined ? {} : { identity }),
    ...(capabilities !== undefined && readCapabilities(capabilities)),
  };
}

type Capabilities = Pick<NodeRecord, 'knowsDecisions' | 'knowsClusterShare'>;

/** What the controller asks of an agent only if the agent says that it can do it. */
export function readCapabilities(named: readonly string[]): Required<Capabilities> {
  return {
    knowsDecisions: named.includes(decisionCapability),
    knowsClusterShare: named.includes(clusterShareCapability),
  };
}

function capabilitiesOf({
  knowsDecisions,
  knowsClusterShare,
}: Capabilities): Pick<StoredNode, 'capabilities'> {
  if (knowsDecisions === undefined && knowsClusterShare === undefined) return {};
  return {
    capabilities: [
      ...(knowsDecisions === true ? [decisionCapability] : []),
      ...(knowsClusterShare === true ? [clusterShareCapability] : []),
    ],
  };
}

type Kept = Pick<
  NodeRecord,
  | 'name'
  | 'facts'
  | 'factsBytes'
  | 'agentVersion'
  | 'lastSeenAt'
  | 'address'
  | 'identity'
  | 'status'
> &
  Capabilities;

export function storedOf(kept: Omit<Kept, 'factsBytes'>): StoredNode {
  const { name, facts, agentVersion, lastSeenAt, address } = kept;
  const identity = identityOfNode(kept);
  return {
    name,
    facts: factsToInput(facts),
    agentVersion,
    lastSeenAt,
    ...(address === undefined ? {} : { address: address.slice(0, 64) }),
    ...(identity === undefined ? {} : { identity }),
    ...capabilitiesOf(kept),
  };
}

/** Whether both are stored as the same. @param known undefined: the node is not stored */
export function isStoredAlike(known: Kept | undefined, record: Kept): boolean {
  return (
    known?.factsBytes === record.factsBytes &&
    JSON.stringify(storedOf(known)) === JSON.stringify(storedOf(record))
  );
}

export type ReadFacts = Pick<NodeRecord, 'name' | 'facts' | 'factsBytes'>;

/**
 * The facts, or a text about a fault. Facts that are accepted here can be read again after a
 * restart.
 */
export function readFacts(hello: HelloMessage): ReadFacts | string {
  const name = nodeNameOf(hello);
  const read = factsFromInput(hello.facts, name);
  if (hasErrors(read.issues)) {
    return `the facts are wrong: ${read.issues.map(({ message }) => message).join('; ')}`;
  }
  const facts = { ...read.facts, name };
  const node = storedOf({ name, facts, agentVersion: hello.agentVersion, lastSeenAt: '' });
  const factsBytes = JSON.stringify(node.facts).length;
  if (factsBytes > maxFactsLength) {
    return 'the facts are larger than 64 KiB: give the node fewer labels';
  }
  const alone = { formatVersion: 1, cluster: hello.cluster, nodes: [node] };
  return isControllerState(alone) ? { name, facts, factsBytes } : 'the facts break their schema';
}
