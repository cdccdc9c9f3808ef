/**
 * Revoked nodes. A revocation refuses all certificates of the node that began before it, and the
 * shared token for the node's name. A certificate that was issued afterwards is accepted. The
 * controller's clock may be behind that of the certificate's authority: a revocation is never
 * earlier than the begin of a certificate that the node is known to have.
 */
import { jsonBounds } from '../../../core/input/bounds.ts';
import { parseJson } from '../../../core/input/parse-json.ts';
import { textAt, valueAt } from '../../../core/input/plain-data.ts';
import { AppError } from '../../../runtime/errors.ts';
import { allRecords } from '../store/all-records.ts';
import { issuedOf } from '../enrolment/issued-certificate.ts';
import {
  issuedCertificateName,
  keysOf,
  revocationKind,
  revocationName,
} from '../store/fleet-keys.ts';
import { inTransactions } from '../store/in-transactions.ts';
import type { RecordChange, Store, StoredRecord } from '../../ports/store.ts';

export interface Revocation {
  readonly node: string;
  /** RFC 3339. */
  readonly at: string;
  readonly by: string;
  /** `at` is the begin of a certificate, which was later than the controller's time. */
  readonly clockBehind?: true;
}

/** A node's certificate. */
export interface IssuedCertificate {
  readonly node: string;
  /** In ms since 1970. */
  readonly validFrom: number;
}

export interface Revocations {
  /** Reads the revocations of the store. */
  load(): Promise<void>;
  isRevoked(certificate: IssuedCertificate): boolean;
  /** Whether agents may not use the node's name with the shared token. */
  isNodeRevoked(node: string): boolean;
  /**
   * When the node was revoked, in ms since 1970, also while the revocation is being stored;
   * undefined: it is not.
   */
  revokedAt(node: string): number | undefined;
  /** By name. */
  list(): readonly Revocation[];
  /** The revocations are on disk when this resolves. @throws AppError bad-request */
  revoke(nodes: readonly string[], by: string): Promise<readonly string[]>;
  /** Removes revocations. @throws AppError not-found, and then removes none of them */
  restore(nodes: readonly string[]): Promise<readonly string[]>;
  /** Calls the listener when the revocations have changed. */
  watch(listener: () => void): void;
}

export interface RevocationDeps {
  readonly store: Store;
  readonly cluster: string;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  /** When the certificate of the node's connection began, in ms since 1970; undefined: it has none. */
  readonly connectedFrom?: (node: string) => number | undefined;
}

const nodeForm = /^[a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?$/;

export function createRevocations(deps: RevocationDeps): Revocations {
  const { store, cluster, now } = deps;
  let revoked: ReadonlyMap<string, Revocation> = new Map();
  const listeners = new Set<() => void>();
  const pending = createPending();
  const write = async (changes: readonly RecordChange[]): Promise<void> => {
    for (const some of inTransactions(changes, store.bounds)) await store.commit({ changes: some });
  };
  const become = (next: ReadonlyMap<string, Revocation>): void => {
    revoked = next;
    for (const listener of listeners) listener();
  };
  return {
    load: async () => {
      const found = new Map<string, Revocation>();
      await allRecords(store, { kind: revocationKind, prefix: keysOf(cluster) }, (record) => {
        const one = revocationOf(record, record.key.slice(keysOf(cluster).length));
        found.set(one.node, one);
      });
      become(found);
    },
    // Certificates have their times in whole seconds.
    isRevoked: ({ node, validFrom }) => {
      const one = revoked.get(node);
      return one !== undefined && !(validFrom > Date.parse(one.at));
    },
    isNodeRevoked: (node) => revoked.has(node),
    revokedAt: (node) => {
      const those = [revoked.get(node), ...pending.of(node)];
      const times = those.flatMap((one) => (one === undefined ? [] : [Date.parse(one.at)]));
      return times.length === 0 ? undefined : Math.max(...times);
    },
    list: () => [...revoked.values()].toSorted((one, other) => (one.node < other.node ? -1 : 1)),
    revoke: async (names, by) => {
      const nodes = namesOf(names);
      const at = new Date(now()).toISOString();
      const begun = nodes.map((node): Revocation => ({ node, at, by: by.slice(0, 256) }));
      // Certificates that are issued meanwhile are not older than these.
      for (const one of begun) pending.add(one);
      let added: readonly Revocation[] = begun;
      try {
        added = await Promise.all(
          begun.map((one) => notEarlierThanBefore(deps, one, revoked.get(one.node))),
        );
        for (const one of added) pending.add(one);
        await write(
          added.map((one) => ({
            ...revocationName(cluster, one.node),
            text: JSON.stringify({ formatVersion: 1, ...one }),
          })),
        );
        become(new Map([...revoked, ...added.map((one) => [one.node, one] as const)]));
      } finally {
        for (const one of [...begun, ...added]) pending.delete(one);
      }
      return nodes;
    },
    restore: async (names) => {
      const nodes = namesOf(names);
      const unknown = nodes.filter((node) => !revoked.has(node));
      if (unknown.length > 0) {
        const shown = unknown.slice(0, 10).join(', ');
        const why = 'not revoked; calico-controller revoke lists the revoked nodes';
        throw new AppError('not-found', `cannot undo the revocation of ${shown}: ${why}`);
      }
      await write(nodes.map((node) => revocationName(cluster, node)));
      const left = new Map(revoked);
      for (const node of nodes) left.delete(node);
      become(left);
      return nodes;
    },
    watch: (listener) => void listeners.add(listener),
  };
}

/** Revocations that are being stored: each node that is shown is asked about, while a thousand are stored. */
function createPending(): {
  readonly add: (one: Revocation) => void;
  readonly delete: (one: Revocation) => void;
  readonly of: (node: string) => Iterable<Revocation>;
} {
  const byNode = new Map<string, Set<Revocation>>();
  return {
    add: (one) => {
      byNode.set(one.node, (byNode.get(one.node) ?? new Set()).add(one));
    },
    delete: (one) => {
      const those = byNode.get(one.node);
      those?.delete(one);
      if (those?.size === 0) byNode.delete(one.node);
    },
    of: (node) => byNode.get(node) ?? [],
  };
}

/** A slow clock must neither leave a certificate out nor take an earlier revocation back. */
async function notEarlierThanBefore(
  { store, cluster, connectedFrom }: RevocationDeps,
  revocation: Revocation,
  before: Revocation | undefined,
): Promise<Revocation> {
  const { node } = revocation;
  const record = await store.get(issuedCertificateName(cluster, node));
  const issued = Date.parse((record && issuedOf(record.text))?.validFrom ?? '');
  // A record that cannot be read may be replaced.
  const earlier = before === undefined || before.at === farFuture ? undefined : before.at;
  const begins = [issued, connectedFrom?.(node) ?? Number.NaN, Date.parse(earlier ?? '')].filter(
    (one) => !Number.isNaN(one),
  );
  const newest = Math.max(...begins);
  if (!(newest > Date.parse(revocation.at))) return revocation;
  return { ...revocation, at: new Date(newest).toISOString(), clockBehind: true };
}

function namesOf(given: readonly string[]): readonly string[] {
  const nodes = [...new Set(given.map((name) => name.toLowerCase()))];
  const wrong = nodes.find((name) => !nodeForm.test(name));
  if (wrong === undefined) return nodes;
  throw new AppError('bad-request', `"${wrong.slice(0, 100)}" cannot be the name of a node`);
}

/** One that cannot be read counts as made now, so that damage lets no certificate in. */
function revocationOf({ text }: StoredRecord, node: string): Revocation {
  const parsed = parseJson(text, jsonBounds.state);
  const data: unknown = parsed.ok ? parsed.data : undefined;
  const [at, by] = [textAt(data, 'at'), textAt(data, 'by')];
  if (at === undefined || Number.isNaN(Date.parse(at))) {
    return { node, at: farFuture, by: 'unknown: its record cannot be read' };
  }
  const clockBehind = valueAt(data, 'clockBehind') === true;
  return { node, at, by: by ?? 'unknown', ...(clockBehind && { clockBehind }) };
}

const farFuture = '9999-12-31T23:59:59.999Z';
