/**
 * The living objects of Calico against cni.yaml. MicroK8s applies the file once; after that people edit one of the two,
 * and `microk8s join` changes the file of the joining node and the living value of the cluster, each with another address.
 */
import {
  isMap,
  listAt,
  textAt,
  textMapAt,
  textsAt,
  type PlainMap,
} from '../../input/plain-data.ts';
import { printable } from '../../printable.ts';
import type { PlatformIssue } from '../../../schemas/generated/agent-api/platform.ts';
import { fileIssue, type FilePlace } from '../file-issues.ts';
import type { CniManifest } from './cni-manifest.ts';
import { shownVariables } from './shown-variables.ts';

/** Undefined: the cluster has none. */
export interface LivingCalico {
  readonly config: PlainMap | undefined;
  readonly node: PlainMap | undefined;
}

interface Value {
  readonly name: string;
  /** In cni.yaml; undefined: it is not there. */
  readonly file: string | undefined;
  readonly living: string | undefined;
  readonly place: FilePlace;
}

export function checkLiving(
  { config, daemonSets }: CniManifest,
  living: LivingCalico,
): readonly PlatformIssue[] {
  const [node, ...others] = daemonSets;
  // A file that MicroK8s cannot use has issues of its own, and a cluster without Calico is another one.
  if (node === undefined || others.length > 0 || living.node === undefined) return [];
  const container = listAt(living.node, 'spec', 'template', 'spec', 'containers').find(
    (one) => textAt(one, 'name') === 'calico-node',
  );
  const env = new Map(
    listAt(container, 'env').flatMap((one) => {
      const [name, value] = [textAt(one, 'name'), textAt(one, 'value')];
      return name === undefined || value === undefined ? [] : [[name, value] as const];
    }),
  );
  const data = textMapAt(living.config, 'data');
  const probe = (name: 'livenessProbe' | 'readinessProbe'): string =>
    textsAt(container, name, 'exec', 'command').slice(1).join(' ');
  const ofProbe = (
    name: 'livenessProbe' | 'readinessProbe',
    inFile: typeof node.liveness,
  ): readonly Value[] =>
    inFile === undefined
      ? []
      : [
          {
            name,
            file: inFile.arguments.slice(1).join(' '),
            living: probe(name),
            place: inFile.place,
          },
        ];
  const values: readonly Value[] = [
    ...(isMap(living.config) ? ['calico_backend', 'veth_mtu'] : []).map((name) => ({
      name,
      file: config.get(name)?.text,
      living: data[name],
      place: config.get(name)?.place ?? node.place,
    })),
    ...shownVariables.map((name) => ({
      name,
      file: node.env.get(name)?.text,
      living: env.get(name),
      place: node.env.get(name)?.place ?? node.place,
    })),
    ...ofProbe('livenessProbe', node.liveness),
    ...ofProbe('readinessProbe', node.readiness),
    {
      name: 'image',
      file: node.image?.text,
      living: textAt(container, 'image'),
      place: node.image?.place ?? node.place,
    },
  ];
  return values.filter(({ file, living: now }) => file !== now).map(differs);
}

/** What join wrote differs from node to node, and is no fault. */
function isOfJoin({ name, file, living }: Value): boolean {
  const form = /^(?:can-reach=.*|first-found)$/;
  return name.endsWith('AUTODETECTION_METHOD') && form.test(file ?? '') && form.test(living ?? '');
}

function differs(value: Value): PlatformIssue {
  const { name, file, living, place } = value;
  const [inFile, now] = [file, living].map((text) =>
    text === undefined ? 'none' : printable(text.slice(0, 200)),
  );
  const message = `the living ${name} is ${now ?? ''}, and cni.yaml has ${inFile ?? ''}: MicroK8s applies the file only where the lock cni-loaded is absent`;
  const hint =
    'microk8s kubectl diff -f cni.yaml shows the whole difference, and apply puts the file in force; a setting of a section microk8s: is the same in both';
  const severity = isOfJoin(value) ? 'note' : 'warning';
  return fileIssue(severity, place, { code: 'cni-living-differs', message, hint });
}
