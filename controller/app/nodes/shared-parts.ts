/**
 * Keeps one copy of what thousands of nodes say alike: versions, values of labels, parts of a status. Without
 * it a node's record takes as much memory as its connection.
 */
import type { NodeFacts } from '../../../core/facts/facts.ts';
import type { AgentStatus } from '../../../schemas/generated/agent-status.ts';

export interface SharedParts {
  /** The same text, as it was kept before. */
  readonly text: (text: string) => string;
  readonly facts: (facts: NodeFacts) => NodeFacts;
  readonly revisions: (revisions: AgentStatus['revisions']) => AgentStatus['revisions'];
  readonly datastore: (datastore: AgentStatus['datastore']) => AgentStatus['datastore'];
}

/** Further ones begin anew, because any agent can say something else each time. */
const most = 4096;
/** Each revision makes new ones, and only those of the newest revisions are said by many nodes. */
const mostData = 256;
/** A longer one is hardly the same for many nodes. */
const longestText = 512;

export function createSharedParts(): SharedParts {
  const texts = new Map<string, string>();
  const text = (given: string): string => shared(texts, given, given);
  return {
    text,
    facts: ({ name, units, addresses, labels, leader, platform }) => ({
      name,
      units,
      addresses,
      labels: Object.fromEntries(
        Object.entries(labels).map(([label, value]) => [label, text(value)]),
      ),
      ...(leader !== undefined && { leader }),
      ...(platform !== undefined && { platform }),
    }),
    revisions: sharedData(),
    datastore: sharedData(),
  };
}

function sharedData<T>(): (data: T) => T {
  const known = new Map<string, T>();
  return (data) => shared(known, JSON.stringify(data), data, mostData);
}

function shared<T>(known: Map<string, T>, key: string, given: T, room = most): T {
  if (key.length > longestText) return given;
  const before = known.get(key);
  if (before !== undefined) return before;
  if (known.size >= room) known.clear();
  known.set(key, given);
  return given;
}
