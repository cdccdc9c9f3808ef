/**
 * Keeps one copy of what thousands of nodes say alike: versions, values of labels, parts of a status. Without
 * it a node's record takes as much memory as its connection.
 */
import type { NodeFacts } from '../../../core/facts/facts.ts';
import type { AgentStatus } from '../../../schemas/generated/agent-status.ts';

export interface SharedParts {
  /** The same text, as it was kept before. */
  readonly text: (text: string) => string;
  /** As `text`, for what an agent says about a revision. */
  readonly message: (message: string) => string;
  readonly facts: (facts: NodeFacts) => NodeFacts;
  readonly revisions: (revisions: AgentStatus['revisions']) => AgentStatus['revisions'];
  readonly datastore: (datastore: AgentStatus['datastore']) => AgentStatus['datastore'];
  /** How many parts are kept, of all kinds. */
  readonly count: () => number;
}

/** Further ones begin anew, because any agent can say something else each time. */
const most = 4096;
/** Each revision makes new ones, and only those of the newest revisions are said by many nodes. */
const mostOfRevisions = 256;
/** A longer one is hardly the same for many nodes. */
const longestText = 512;

export function createSharedParts(): SharedParts {
  const texts = new Map<string, string>();
  const messages = new Map<string, string>();
  const revisions = new Map<string, AgentStatus['revisions']>();
  const datastores = new Map<string, AgentStatus['datastore']>();
  const text = (given: string): string => shared(texts, given, given, most);
  return {
    text,
    message: (given) => shared(messages, given, given, mostOfRevisions),
    facts: ({ name, units, addresses, labels, leader, platform }) => ({
      name,
      units,
      addresses,
      labels: withTexts(labels, text),
      ...(leader !== undefined && { leader }),
      ...(platform !== undefined && { platform }),
    }),
    revisions: (given) => shared(revisions, JSON.stringify(given), given, mostOfRevisions),
    datastore: (given) => shared(datastores, JSON.stringify(given), given, mostOfRevisions),
    count: () => texts.size + messages.size + revisions.size + datastores.size,
  };
}

function withTexts(
  labels: NodeFacts['labels'],
  text: SharedParts['text'],
): Readonly<Record<string, string>> {
  const entries = Object.entries(labels);
  for (const entry of entries) entry[1] = text(entry[1]);
  return Object.fromEntries(entries);
}

function shared<T>(known: Map<string, T>, key: string, given: T, room: number): T {
  if (key.length > longestText) return given;
  const before = known.get(key);
  if (before !== undefined) return before;
  if (known.size >= room) known.clear();
  known.set(key, given);
  return given;
}
