/** The routes by which a command reads all records of the store, as they were at one moment. */
import { AppError } from '../../runtime/errors.ts';
import { json, jsonInTurns, type Route } from '../../runtime/http/route.ts';
import type { OpenSnapshots, SnapshotPage } from '../app/backup/open-snapshots.ts';
import type { RecordName } from '../ports/store.ts';

/** POST /v1/store/snapshots */
export interface SnapshotAnswer {
  readonly snapshot: string;
  readonly cluster: string;
  readonly controllerVersion: string;
}

/** DELETE /v1/store/snapshots */
export interface ClosedSnapshot {
  readonly closed: string;
}

export interface BackupRoutesDeps {
  readonly snapshots: OpenSnapshots;
  /** @throws AppError while the store cannot be used, or another controller leads */
  readonly ready: () => void;
  readonly identity: () => { readonly cluster: string; readonly controllerVersion: string };
}

export function backupRoutes({ snapshots, ready, identity }: BackupRoutesDeps): readonly Route[] {
  return [
    {
      method: 'POST',
      path: '/v1/store/snapshots',
      access: 'write',
      // A backup has everything, also the hashes of tokens.
      role: 'socket',
      handle: async () => {
        ready();
        const { cluster, controllerVersion } = identity();
        const snapshot = await snapshots.open();
        return json({ snapshot, cluster, controllerVersion } satisfies SnapshotAnswer);
      },
    },
    {
      method: 'GET',
      path: '/v1/store/records',
      access: 'write',
      // A backup has everything, also the hashes of tokens.
      role: 'socket',
      query: ['snapshot', 'kind', 'key'],
      handle: async ({ query }) => {
        const page = await snapshots.page(snapshotOf(query), afterOf(query));
        return jsonInTurns(page satisfies SnapshotPage);
      },
    },
    {
      method: 'DELETE',
      path: '/v1/store/snapshots',
      access: 'write',
      // A backup has everything, also the hashes of tokens.
      role: 'socket',
      query: ['snapshot'],
      handle: async ({ query }) => {
        const closed = snapshotOf(query);
        await snapshots.close(closed);
        return json({ closed } satisfies ClosedSnapshot);
      },
    },
  ];
}

function snapshotOf(query: URLSearchParams): string {
  const id = query.get('snapshot');
  if (id !== null) return id;
  throw new AppError('bad-request', 'cannot read the store: name a snapshot with ?snapshot=ID');
}

function afterOf(query: URLSearchParams): RecordName | undefined {
  const [kind, key] = [query.get('kind'), query.get('key')];
  return kind === null || key === null ? undefined : { kind, key };
}
