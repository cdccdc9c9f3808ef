/** Proposals in the store: a record for each, and its text in a record of its own. */
import { jsonBounds } from '../../../core/input/bounds.ts';
import { parseJson } from '../../../core/input/parse-json.ts';
import { AppError } from '../../../runtime/errors.ts';
import type { Logger } from '../../../runtime/log/logger.ts';
import type { StoredProposal } from '../../../schemas/generated/proposal.ts';
import { isProposal } from '../../../schemas/generated/proposal.validator.js';
import { isRolloutStrategy } from '../../../schemas/generated/rollout-strategy.validator.js';
import type { RecordChange, Store } from '../../ports/store.ts';
import { allRecords } from '../store/all-records.ts';
import type { ProposalContent } from './proposed-change.ts';
import { keysOf, proposalKind, proposalName, proposalTextName } from '../store/fleet-keys.ts';

export interface ProposalRecords {
  /** Reads the stored ones. */
  load(): Promise<void>;
  /** By id. */
  known(): ReadonlyMap<number, StoredProposal>;
  /** Stores a new one, or a changed one that stays open. */
  save(proposal: StoredProposal, content?: ProposalContent): Promise<void>;
  /** Stores a new one and, at once, the closed one that it replaces, without its text; removes old ones. */
  replace(
    closed: StoredProposal,
    next: StoredProposal,
    content: ProposalContent,
    old: readonly number[],
  ): Promise<void>;
  /** Stores a closed one without its text, and removes old ones. */
  close(proposal: StoredProposal, old: readonly number[]): Promise<void>;
  /** Undefined: it is closed, or cannot be read. */
  content(id: number): Promise<ProposalContent | undefined>;
}

export function createProposalRecords(
  store: Store,
  cluster: string,
  logger: Pick<Logger, 'warn'>,
): ProposalRecords {
  let known: ReadonlyMap<number, StoredProposal> = new Map();
  const become = (proposal: StoredProposal, removed: readonly number[] = []): void => {
    const rest = [...known].filter(([id]) => !removed.includes(id));
    known = new Map([...rest, [proposal.id, proposal]]);
  };
  const changesOf = (proposal: StoredProposal, content: ProposalContent): RecordChange[] => [
    { ...proposalTextName(cluster, proposal.id), text: JSON.stringify(content) },
    { ...proposalName(cluster, proposal.id), text: textOf(proposal) },
  ];
  const closing = (proposal: StoredProposal, old: readonly number[]): RecordChange[] => [
    { ...proposalName(cluster, proposal.id), text: textOf(proposal) },
    proposalTextName(cluster, proposal.id),
    ...old.map((id) => proposalName(cluster, id)),
  ];
  return {
    known: () => known,
    load: async () => {
      const found = new Map<number, StoredProposal>();
      const query = { kind: proposalKind, prefix: keysOf(cluster) };
      await allRecords(store, query, ({ text, key }) => {
        const parsed = parseJson(text, jsonBounds.state);
        if (parsed.ok && isProposal(parsed.data)) found.set(parsed.data.id, parsed.data);
        else logger.warn('a stored proposal cannot be read, and is left out', { key });
      });
      known = found;
    },
    save: async (proposal, content) => {
      const record = { ...proposalName(cluster, proposal.id), text: textOf(proposal) };
      await store.commit({
        changes: content === undefined ? [record] : changesOf(proposal, content),
      });
      become(proposal);
    },
    replace: async (closed, next, content, old) => {
      await store.commit({ changes: [...changesOf(next, content), ...closing(closed, old)] });
      become(closed, old);
      become(next);
    },
    close: async (proposal, old) => {
      await store.commit({ changes: closing(proposal, old) });
      become(proposal, old);
    },
    content: async (id) => {
      const record = await store.get(proposalTextName(cluster, id));
      const parsed = record && parseJson(record.text, jsonBounds.request);
      return parsed?.ok === true ? contentOf(parsed.data) : undefined;
    },
  };
}

/** @throws AppError internal for one that could not be read again */
function textOf(proposal: StoredProposal): string {
  const { id } = proposal;
  if (isProposal(proposal)) return JSON.stringify(proposal);
  const { instancePath = '', message = 'is wrong' } = isProposal.errors?.[0] ?? {};
  throw new AppError(
    'internal',
    `cannot store proposal ${String(id)}, because nobody could read it again: ${instancePath} ${message}`,
  );
}

function contentOf(data: unknown): ProposalContent | undefined {
  if (typeof data !== 'object' || data === null) return undefined;
  const text: unknown = Reflect.get(data, 'text');
  const strategy: unknown = Reflect.get(data, 'strategy');
  if (typeof text !== 'string') return undefined;
  if (strategy === undefined) return { text };
  return isRolloutStrategy(strategy) ? { text, strategy } : undefined;
}
