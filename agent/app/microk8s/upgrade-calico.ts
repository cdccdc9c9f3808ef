/** Puts a new cni.yaml in force: backup, file, apply, rollout; and back where Calico does not become ready. */
import type { MicroK8s, ProgramOutcome } from '../../ports/platform/microk8s.ts';

export interface Upgrade {
  readonly current: string;
  readonly merged: string;
  readonly from: string;
  readonly timeoutSeconds: number;
  /** The file alone, on the other nodes. */
  readonly fileOnly: boolean;
  readonly path: string;
}

export interface UpgradeOutcome {
  readonly result: 'upgraded' | 'file-written' | 'rolled-back' | 'stuck';
  readonly backup: string;
  /** Why it was rolled back, and what of that failed as well. */
  readonly why: readonly string[];
}

const workloads = ['daemonset/calico-node', 'deployment/calico-kube-controllers'];
const applySeconds = 120;

/** @param onStep gets a sentence before each step @throws AppError before anything is changed */
export async function upgradeCalico(
  microk8s: MicroK8s,
  { current, merged, from, timeoutSeconds, fileOnly, path }: Upgrade,
  onStep: (text: string) => void,
): Promise<UpgradeOutcome> {
  const backup = await microk8s.keepManifest(current, from);
  onStep(`kept the old manifest in ${backup}`);
  await microk8s.replaceManifest(current, merged);
  onStep(`wrote ${path}`);
  if (fileOnly) return { result: 'file-written', backup, why: [] };
  const failure = await putInForce(microk8s, path, timeoutSeconds, onStep);
  if (failure === undefined) return { result: 'upgraded', backup, why: [] };
  onStep(`${failure}; going back`);
  const why = [failure];
  await microk8s.replaceManifest(merged, current).catch((error: unknown) => {
    why.push(error instanceof Error ? error.message : 'cannot write the old manifest');
  });
  if (why.length > 1) return { result: 'stuck', backup, why };
  const again = await putInForce(microk8s, path, timeoutSeconds, onStep);
  if (again === undefined) return { result: 'rolled-back', backup, why };
  return { result: 'stuck', backup, why: [...why, `going back: ${again}`] };
}

/** @returns why not */
async function putInForce(
  { kubectl }: MicroK8s,
  path: string,
  timeoutSeconds: number,
  onStep: (text: string) => void,
): Promise<string | undefined> {
  onStep(`kubectl apply -f ${path}`);
  // As MicroK8s itself applies it: fields that a release dropped go, by kubectl's own annotation.
  const applied = await kubectl(['apply', '-f', path], applySeconds);
  if (!applied.ok) return `kubectl could not apply the manifest: ${lastLine(applied)}`;
  for (const workload of workloads) {
    onStep(`waiting for ${workload}`);
    const timeout = `--timeout=${String(timeoutSeconds)}s`;
    const args = ['rollout', 'status', '-n', 'kube-system', workload, timeout];
    const status = await kubectl(args, timeoutSeconds + 10);
    if (!status.ok) return `${workload} did not become ready: ${lastLine(status)}`;
  }
  return undefined;
}

function lastLine({ output }: ProgramOutcome): string {
  return output.split('\n').at(-1)?.trim().slice(0, 300) ?? '';
}
