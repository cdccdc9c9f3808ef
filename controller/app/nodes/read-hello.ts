/** Reads an agent's hello into a form, and within bounds, in which it can be stored. */
import { factsFromInput, factsToInput, isInputOf } from '../../../core/facts/from-input.ts';
import { hasErrors } from '../../../core/issue.ts';
import {
  clusterShareCapability,
  decisionCapability,
  type HelloMessage,
} from '../../../core/protocol/messages.ts';
import type { StoredNode } from '../../../schemas/generated/controller-state.ts';
import type { StoredAnswer } from '../../../schemas/generated/node-answer.ts';
import { isControllerState } from '../../../schemas/generated/controller-state.validator.js';
import { identityOfNode } from './kept-identity.ts';
import type { NodeRecord } from './node-record.ts';
import { answeredBefore } from './stored-answer.ts';

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

const mostAddress = 64;

/** @param answer its last answers; absent: it has given none */
export function recordOf(stored: StoredNode, answer?: StoredAnswer): NodeRecord {
  const { facts, agentVersion, lastSeenAt, address, identity, capabilities } = stored;
  const name = stored.name.toLowerCase();
  const known = capabilities && readCapabilities(capabilities);
  const before = answer && answeredBefore(answer);
  // Without spreading, which takes longer than the rest of it.
  return {
    name,
    facts: { ...factsFromInput(facts, name).facts, name },
    factsBytes: JSON.stringify(facts).length,
    agentVersion,
    lastSeenAt,
    knowsDecisions: known?.knowsDecisions,
    knowsClusterShare: known?.knowsClusterShare,
    address,
    identity,
    last: before?.last,
    progress: before?.progress,
    takenOver: before?.takenOver,
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
    ...(address === undefined ? {} : { address: address.slice(0, mostAddress) }),
    ...(identity === undefined ? {} : { identity }),
    ...capabilitiesOf(kept),
  };
}

/** Whether both are stored as the same. @param known undefined: the node is not stored */
export function isStoredAlike(known: Kept | undefined, record: Kept): boolean {
  if (known?.factsBytes !== record.factsBytes) return false;
  // Texts take ten times as long, and hardly any of thousands that come back has other facts.
  if (known.facts === record.facts) return isStoredAlikeBesideFacts(known, record);
  return JSON.stringify(storedOf(known)) === JSON.stringify(storedOf(record));
}

/** Compares every field of `storedOf` except the facts. */
function isStoredAlikeBesideFacts(one: Kept, other: Kept): boolean {
  const [identity, otherIdentity] = [identityOfNode(one), identityOfNode(other)];
  return (
    one.name === other.name &&
    one.agentVersion === other.agentVersion &&
    one.lastSeenAt === other.lastSeenAt &&
    one.address?.slice(0, mostAddress) === other.address?.slice(0, mostAddress) &&
    identity?.by === otherIdentity?.by &&
    identity?.certificateUntil === otherIdentity?.certificateUntil &&
    one.knowsDecisions === other.knowsDecisions &&
    one.knowsClusterShare === other.knowsClusterShare
  );
}

export type ReadFacts = Pick<NodeRecord, 'name' | 'facts' | 'factsBytes'>;

/**
 * The facts, or a text about a fault. Facts that are accepted here can be read again after a
 * restart.
 * @param knownAs the node as it was known before, by its name
 */
export function readFacts(
  hello: HelloMessage,
  knownAs: (name: string) => ReadFacts | undefined,
): ReadFacts | string {
  const name = nodeNameOf(hello);
  const known = knownAs(name);
  // The same facts were read and checked before, or could be read from the store, which has checked ones only.
  if (
    known !== undefined &&
    known.factsBytes <= maxFactsLength &&
    isInputOf(known.facts, hello.facts)
  ) {
    const { facts, factsBytes } = known;
    return { name, facts, factsBytes };
  }
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
