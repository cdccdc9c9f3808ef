/**
 * Puts a new cni.yaml in force: dry run, backup, file, apply, rollout; and back where Calico does not become ready.
 */
import { AppError } from '../../../runtime/errors.ts';
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

/**
 * @param onStep gets a sentence before each step
 * @throws AppError before anything is changed: invalid-config where the server refuses an object
 */
export async function upgradeCalico(
  microk8s: MicroK8s,
  { current, merged, from, timeoutSeconds, fileOnly, path }: Upgrade,
  onStep: (text: string) => void,
): Promise<UpgradeOutcome> {
  if (!fileOnly) {
    onStep('kubectl apply --dry-run=server: nothing is changed');
    await tryManifest(microk8s, merged);
  }
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

/** The server judges each object, with its admission, and keeps none. */
async function tryManifest({ kubectl }: MicroK8s, text: string): Promise<void> {
  const args = ['apply', '--dry-run=server', '-f', '-'];
  const { ok, output } = await kubectl(args, applySeconds, text);
  if (ok) return;
  // One line for each object that is taken, then those of the errors.
  const errors = output
    .split('\n')
    .map((line) => line.trim())
    .filter(
      (line) => line !== '' && !line.endsWith('(server dry run)') && !line.startsWith('Warning:'),
    );
  const why = errors.slice(-maxErrors).join('; ').slice(0, maxErrorText);
  throw new AppError(
    'invalid-config',
    `cannot upgrade: the API server does not take the merged manifest, and nothing was changed: ${why}`,
  );
}

const maxErrors = 20;
const maxErrorText = 4000;

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
