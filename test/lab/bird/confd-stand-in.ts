/**
 * Stands in for Calico's confd on one node: renders BIRD's files whenever the datastore changes, lets
 * BIRD check them, keeps the old ones where BIRD refuses the new (Calico's
 * confd/pkg/resource/template/resource.go), and makes BIRD read them.
 */
import { readFile, rename, writeFile } from 'node:fs/promises';
import { renderBirdFile } from './bird-files.ts';
import { birdFiles, configure, refusalOf } from './bird-process.ts';
import { calicoStateOf, type Family } from '../calico/calico-state.ts';
import type { LabEtcd } from '../lab-etcd.ts';

export interface ConfdStandIn {
  /** All files are there and of the datastore as it is. Rejects where they cannot be. */
  settled(): Promise<void>;
  /** BIRD runs: from now on it is told of each new file. */
  birdStarted(): void;
  /** Why BIRD refused the newest file, as long as it does. */
  refusal(family: Family): string | undefined;
  stop(): void;
}

export function startConfdStandIn(
  etcd: LabEtcd,
  node: string,
  folder: string,
  families: readonly Family[],
): ConfdStandIn {
  const refusals = new Map<Family, string>();
  let birdRuns = false;
  let work: Promise<void> = Promise.resolve();
  let isQueued = false;

  const renderAll = async (): Promise<void> => {
    isQueued = false;
    const state = calicoStateOf(etcd.values);
    for (const family of families) {
      const text = renderBirdFile(state, node, family);
      const refusal = await replaceFile(folder, family, text, birdRuns);
      if (refusal === undefined) refusals.delete(family);
      else refusals.set(family, refusal);
    }
  };
  const render = (): void => {
    if (isQueued) return;
    isQueued = true;
    work = afterwards(work, renderAll);
  };
  const unfollow = etcd.onChange(render);
  render();
  return {
    settled: () => work,
    birdStarted: () => {
      birdRuns = true;
      // For what was written after BIRD had read its file.
      work = afterwards(work, async () => {
        for (const family of families) await configure(birdFiles(folder, family));
      });
    },
    refusal: (family) => refusals.get(family),
    stop: unfollow,
  };
}

/** A failure is for whoever asks: it is not unhandled, and what follows begins all the same. */
function afterwards(before: Promise<void>, work: () => Promise<void>): Promise<void> {
  const both = before.catch(() => undefined).then(work);
  both.catch(() => undefined);
  return both;
}

/** @returns why BIRD refuses it; then the old file stays */
async function replaceFile(
  folder: string,
  family: Family,
  text: string,
  birdRuns: boolean,
): Promise<string | undefined> {
  const files = birdFiles(folder, family);
  const before = await readFile(files.config, 'utf8').catch(() => undefined);
  if (before === text) return undefined;
  const fresh = `${files.config}.new`;
  await writeFile(fresh, text);
  const refusal = await refusalOf(fresh, family);
  if (refusal !== undefined) return refusal;
  await rename(fresh, files.config);
  if (birdRuns) await configure(files);
  return undefined;
}
