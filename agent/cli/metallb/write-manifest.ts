/** calico-agent metallb install --write-k3s-manifest: the manifest as a file of this K3s server. */
import type { MetalLbSettings } from '../../../core/config/metallb/settings.ts';
import { usualNamespace } from '../../../core/metallb/objects.ts';
import { printable } from '../../../core/printable.ts';
import { write } from '../../../runtime/cli/print.ts';
import type { ExitStatus } from '../../../runtime/cli/terminal.ts';
import {
  planManifest,
  writeManifest,
  type ManifestPlan,
} from '../../app/platform/write-k3s-manifest.ts';
import type { CommandContext } from '../command-context.ts';

interface Manifest {
  readonly text: string;
  readonly metallb: Pick<MetalLbSettings, 'namespace'>;
  readonly yes: boolean;
}

export async function manifestCommand(
  { text, metallb, yes }: Manifest,
  context: CommandContext,
): Promise<ExitStatus> {
  const deps = await context.connectK3sManifests();
  const plan = await planManifest(deps, text);
  const { file, isThere, replaces } = plan;
  const next = nextText(plan, metallb.namespace?.value ?? usualNamespace);
  if (isThere) {
    await write(context.stdout, `${file} is there, and has this content: nothing to do\n\n${next}`);
    return 0;
  }
  if (!yes) {
    const first =
      replaces === undefined
        ? ''
        : `${file} is of another configuration: ${printable(replaces.difference)}\n`;
    const end = `nothing was changed; --yes ${replaces === undefined ? 'writes' : 'replaces'} the file`;
    const shown = `the file ${file} would be:\n\n${text}\n${next}\n${end}\n`;
    await write(context.stdout, `${first}${shown}`);
    return 0;
  }
  await writeManifest(deps, plan, text);
  const done = replaces === undefined ? 'written' : 'replaced';
  await write(context.stdout, `${file} is ${done}\n\n${next}`);
  return 0;
}

/** Commands that can be pasted: what they are for is a comment. */
function nextText({ hasServiceLb }: ManifestPlan, namespace: string): string {
  const first = hasServiceLb
    ? [
        '# First: the files of this server do not disable ServiceLB. Take it away on all servers before MetalLB',
        '# gets its pools (k3s.loadBalancer: metallb does it); with both, each overwrites the addresses of the other.',
      ]
    : ['# First: see that nothing of ServiceLB is left, before MetalLB gets its pools.'];
  return [
    ...first,
    'k3s kubectl get daemonsets --all-namespaces --selector svccontroller.k3s.cattle.io/svcname',
    '# K3s looks into the folder every 15 seconds, applies the file by itself, and its Helm controller then',
    '# installs MetalLB (not with disable-helm-controller). See what became of it:',
    'k3s kubectl get helmcharts.helm.cattle.io metallb --namespace kube-system',
    `k3s kubectl get pods --namespace ${namespace}`,
    '',
  ].join('\n');
}
