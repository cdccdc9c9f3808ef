/** What a dead controller has stored, read without it. */
import { cp, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createEmbeddedStore } from '../../../controller/adapters/embedded-store/embedded-store.ts';
import { hostHere } from '../../../controller/adapters/embedded-store/host-here.ts';
import { rolloutKind } from '../../../controller/app/store/fleet-keys.ts';
import type { Store } from '../../../controller/ports/store.ts';
import { openEtcd } from '../../../controller/stores.ts';
import type { Revision } from '../../../core/revision/revision.ts';
import type { Rollout } from '../../../core/rollout/steps.ts';
import { silentLogger } from '../../../runtime/log/logger.ts';
import { isRevision } from '../../../schemas/generated/revision.validator.js';
import { isRolloutRecord } from '../../../schemas/generated/rollout-record.validator.js';

export interface StoredRollout {
  /** By number. */
  readonly revisions: ReadonlyMap<number, Revision>;
  /** Undefined: it has not begun. */
  readonly rollout: Rollout | undefined;
}

export type StorePlace =
  | { readonly engine: 'embedded'; readonly stateDirectory: string }
  | { readonly engine: 'etcd'; readonly endpoint: string; readonly prefix: string };

export async function readStoredRollout(place: StorePlace): Promise<StoredRollout> {
  if (place.engine === 'etcd') {
    const { endpoint, prefix } = place;
    const settings = { endpoints: [endpoint], prefix, timeoutSeconds: 20 };
    return readAndClose(await openEtcd(settings, 'default'));
  }
  // Of a copy, because its file is repaired when it is opened: that is the next controller's work.
  const folder = await mkdtemp(path.join(tmpdir(), 'calico-controller-copy-'));
  try {
    for (const name of ['store.db', 'store.db-wal']) {
      await cp(path.join(place.stateDirectory, name), path.join(folder, name), { force: true });
    }
    return await readAndClose(
      createEmbeddedStore({
        folder,
        openHost: hostHere,
        earlierState: () => Promise.reject(new Error('there is no store')),
        putAside: () => Promise.resolve(),
        logger: silentLogger,
      }),
    );
  } finally {
    await rm(folder, { recursive: true });
  }
}

async function readAndClose(store: Store): Promise<StoredRollout> {
  const documents = async (kind: string): Promise<readonly unknown[]> => {
    const { records } = await store.list({ kind, limit: 100 });
    return records.map(({ text }): unknown => JSON.parse(text));
  };
  try {
    const revisions = (await documents('revision')).filter(isRevision);
    const rollouts = (await documents(rolloutKind)).filter(isRolloutRecord);
    return {
      revisions: new Map(revisions.map((one) => [one.number, one])),
      rollout: rollouts.findLast(({ kind }) => kind === 'rollout'),
    };
  } finally {
    await store.close();
  }
}
