/** The images of one workload as commands, for a cluster that the agent may not change. */
import { wishFor, type ImageWish } from '../../config/images/asked-image.ts';
import type { ImagesSettings } from '../../config/images/settings.ts';
import { refText } from '../cluster/object-ref.ts';
import type { ManualStep } from '../manual-step.ts';
import { isNeeded, type ImageWorkload } from './workloads.ts';

/** Undefined: the section says nothing about this workload. */
export function workloadByHand(
  settings: ImagesSettings,
  workload: ImageWorkload,
  kubectl: string,
): ManualStep | undefined {
  const { kind, namespace = '', name } = workload.object;
  const target = `--namespace ${namespace} ${kind.toLowerCase()}/${name}`;
  const commands = [
    ...pullSecretCommands(settings, `${kubectl} patch ${target}`),
    ...imageCommands(settings, workload, kubectl, target),
  ];
  if (commands.length === 0) return undefined;
  const all = [...commands, `${kubectl} rollout status ${target} --timeout=10m`];
  return {
    title: `Change the images of ${refText(workload.object)}`,
    why: 'only containers that the workload has are changed; its pods are made anew, one after the other',
    commands: isNeeded(workload, settings)
      ? all
      : [`if ${kubectl} get ${target} > /dev/null; then`, ...all.map((one) => `  ${one}`), 'fi'],
  };
}

function pullSecretCommands({ pullSecret }: ImagesSettings, patch: string): readonly string[] {
  if (pullSecret === undefined) return [];
  const imagePullSecrets = [{ name: pullSecret.value }];
  const body = JSON.stringify({ spec: { template: { spec: { imagePullSecrets } } } });
  return [`${patch} --type strategic --patch '${body}'`];
}

function imageCommands(
  settings: ImagesSettings,
  { places }: ImageWorkload,
  kubectl: string,
  target: string,
): readonly string[] {
  const containers = new Map<string, string[]>();
  for (const { component, container } of places) {
    const wish = wishFor(component, settings);
    if (wish === undefined) continue;
    const to = replacement(wish);
    containers.set(to, [...(containers.get(to) ?? []), container]);
  }
  if (containers.size === 0) return [];
  const scripts = [...containers].map(
    ([to, names]) => `-e 's#^(${names.join('|')})=${running}$#\\1=${to}#p'`,
  );
  const lists = ['initContainers', 'containers'].map(
    (list) => `{range .spec.template.spec.${list}[*]}{.name}={.image}{"\\n"}{end}`,
  );
  const now = `${kubectl} get ${target} -o jsonpath='${lists.join('')}'`;
  return [`${kubectl} set image ${target} $(${now} | sed -E -n ${scripts.join(' ')})`];
}

/** The image that runs: its registry and path, its name, tag, digest. */
const running = '(.*/)?([^/:@]+)(:[^/@]+)?(@.*)?';

/** The parts of a reference have no character that acts in sed or in single quotes. */
function replacement(wish: ImageWish): string {
  if (wish.kind === 'whole') return wish.image;
  const { registry, version, usualPath } = wish;
  const name = registry === undefined ? '\\2\\3' : `${registry}/${usualPath}`;
  return `${name}${version === undefined ? '\\4\\5' : `:${version}`}`;
}
