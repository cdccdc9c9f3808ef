/** The rollouts of a fleet in the store, with the waves of the nodes of the newest one. */
import { jsonBounds } from '../../../core/input/bounds.ts';
import { parseJson } from '../../../core/input/parse-json.ts';
import type { Rollout } from '../../../core/rollout/steps.ts';
import { isRolloutMembers } from '../../../schemas/generated/rollout-members.validator.js';
import { isRolloutRecord } from '../../../schemas/generated/rollout-record.validator.js';
import { AppError } from '../../../runtime/errors.ts';
import type { RecordChange, Store, StoredRecord } from '../../ports/store.ts';
import { allRecords } from './all-records.ts';
import {
  keysOf,
  rolloutKind,
  rolloutMembersKind,
  rolloutMembersName,
  rolloutName,
} from './fleet-keys.ts';

/** The places of the nodes' waves, by name. */
export type Members = ReadonlyMap<string, number>;

export interface StoredRolloutState {
  readonly rollout: Rollout;
  readonly members: Members;
}

export interface RolloutRecords {
  /** The newest one; undefined: there is none. @throws AppError corrupt-file where it cannot be read */
  newest(): Promise<StoredRolloutState | undefined>;
  /** All of them, the newest first; those that cannot be read are left out. */
  all(): Promise<readonly Rollout[]>;
  /** Stores the waves of the nodes, and removes those of earlier rollouts. @returns how many records */
  saveMembers(number: number, members: Members): Promise<number>;
  /** Stores the waves of the nodes anew, in the records of the rollout, after nodes were forgotten. */
  keepMembers(rollout: Rollout, members: Members): Promise<void>;
  /** A change for a transaction. */
  change(rollout: Rollout): RecordChange;
  /**
   * Stores a rollout, which is on disk when this resolves. @throws AppError datastore-conflict where
   * another write was faster, such as an earlier one that was given up
   */
  save(rollout: Rollout): Promise<void>;
}

const perRecord = 2000;

export function createRolloutRecords(store: Store, cluster: string): RolloutRecords {
  const prefix = keysOf(cluster);
  const records = async (kind: string): Promise<readonly StoredRecord[]> => {
    const found: StoredRecord[] = [];
    await allRecords(store, { kind, prefix }, (record) => void found.push(record));
    return found;
  };
  const change = (rollout: Rollout): RecordChange => ({
    ...rolloutName(cluster, rollout.revisions.target),
    text: textOf(rollout),
  });
  const members = async ({ members: parts, revisions }: Rollout): Promise<Members> => {
    const waves = new Map<string, number>();
    for (let part = 0; part < parts; part += 1) {
      const name = rolloutMembersName(cluster, revisions.target, part);
      const record = await store.get(name);
      if (record === undefined) throw corrupt(`${name.kind} "${name.key}"`, 'it is missing');
      for (const one of membersOf(record)) waves.set(one.name, one.wave);
    }
    return waves;
  };
  const writeMembers = async (number: number, waves: Members, parts: number): Promise<void> => {
    const entries = [...waves].map(([name, wave]) => ({ name, wave }));
    for (let part = 0; part < parts; part += 1) {
      const nodes = entries.slice(part * perRecord, (part + 1) * perRecord);
      const text = JSON.stringify({ formatVersion: 1, nodes });
      const name = rolloutMembersName(cluster, number, part);
      await store.commit({ changes: [{ ...name, text }] });
    }
  };
  return {
    newest: async () => {
      const record = (await records(rolloutKind)).at(-1);
      if (record === undefined) return undefined;
      const rollout = rolloutOf(record);
      if (rollout === undefined) throw corrupt(`rollout "${record.key}"`, otherForm);
      return { rollout, members: await members(rollout) };
    },
    all: async () =>
      (await records(rolloutKind)).toReversed().flatMap((one) => rolloutOf(one) ?? []),
    saveMembers: async (number, waves) => {
      const parts = Math.ceil(waves.size / perRecord);
      // Those of the newest rollout are needed until the new one is stored.
      const newest = (await records(rolloutKind)).at(-1)?.key ?? '';
      for (const { kind, key } of await records(rolloutMembersKind)) {
        if (!key.startsWith(`${newest}/`)) await store.commit({ changes: [{ kind, key }] });
      }
      await writeMembers(number, waves, parts);
      return parts;
    },
    // From the first record to the last one, so that no node is missing in between.
    keepMembers: ({ revisions, members: parts }, waves) =>
      writeMembers(revisions.target, waves, parts),
    change,
    save: async (rollout) => {
      const next = change(rollout);
      const { kind, key } = next;
      const version = (await store.get({ kind, key }))?.version ?? 0;
      const { ok } = await store.commit({ compare: [{ kind, key, version }], changes: [next] });
      if (!ok) throw changedMeanwhile(rollout);
    },
  };
}

const otherForm = 'it does not have the form that this version writes';

/** @throws AppError internal for a rollout that could not be read again */
function textOf(rollout: Rollout): string {
  if (isRolloutRecord(rollout)) return JSON.stringify(rollout);
  throw new AppError('internal', 'cannot store the rollout: it could not be read again');
}

function rolloutOf({ text }: StoredRecord): Rollout | undefined {
  const parsed = parseJson(text, jsonBounds.state);
  return parsed.ok && isRolloutRecord(parsed.data) ? parsed.data : undefined;
}

function membersOf(
  record: StoredRecord,
): readonly { readonly name: string; readonly wave: number }[] {
  const parsed = parseJson(record.text, jsonBounds.state);
  if (parsed.ok && isRolloutMembers(parsed.data)) return parsed.data.nodes;
  throw corrupt(`${record.kind} "${record.key}"`, otherForm);
}

function changedMeanwhile({ revisions }: Rollout): AppError {
  return new AppError(
    'datastore-conflict',
    `cannot store the rollout of revision ${String(revisions.target)}: another write has changed it meanwhile; try again`,
    { retryable: true },
  );
}

function corrupt(what: string, why: string): AppError {
  return new AppError('corrupt-file', `cannot read the ${what} in the store: ${why}`);
}
