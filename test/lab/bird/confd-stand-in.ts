/**
 * Stands in for Calico's confd on one node: renders BIRD's files whenever the datastore changes,
 * lets BIRD check them, keeps the old ones when BIRD refuses the new ones (Calico's
 * confd/pkg/resource/template/resource.go), and makes BIRD read them.
 */
import { readFile, rename, writeFile } from 'node:fs/promises';
import { renderBirdFile } from './bird-files.ts';
import { birdFiles, configure, refusalOf } from './bird-process.ts';
import { calicoStateOf, type Family } from '../calico/calico-state.ts';
import type { LabEtcd } from '../lab-etcd.ts';

export interface ConfdStandIn {
  /** All files exist and match the datastore. Rejects when they cannot. */
  settled(): Promise<void>;
  /** BIRD runs, and from now on reads each new file. */
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
      // For writes after BIRD has read its file.
      work = afterwards(work, async () => {
        for (const family of families) await configure(birdFiles(folder, family));
      });
    },
    refusal: (family) => refusals.get(family),
    stop: unfollow,
  };
}

/** A failure is for the caller: it is not unhandled, and later work begins all the same. */
function afterwards(before: Promise<void>, work: () => Promise<void>): Promise<void> {
  const both = before.catch(() => undefined).then(work);
  both.catch(() => undefined);
  return both;
}

/** @returns BIRD's reason to refuse it; then the old file stays */
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
