/** The containers of Calico's DaemonSet and Deployments in cni.yaml, with their images. */
import { locateAll } from '../../config/yaml/located-yaml.ts';
import { plainValue } from '../../config/yaml/plain-value.ts';
import { textBounds } from '../../input/bounds.ts';
import { listAt, textAt } from '../../input/plain-data.ts';
import { isLonger } from '../../input/text-size.ts';
import { yamlDocuments } from './yaml-documents.ts';

export interface ManifestWorkload {
  readonly kind: string;
  readonly name: string;
  /** Image by `containers/calico-node`, `initContainers/install-cni`. */
  readonly images: ReadonlyMap<string, string>;
  /** The names under imagePullSecrets; absent: it has no such list. */
  readonly pullSecrets?: readonly string[];
}

const bounds = textBounds.hostYaml;
const form = /^"?kind"?:[ \t]*["']?(?:DaemonSet|Deployment)\b/m;

/** Documents that cannot be read are left out: usable-manifest.ts refuses a file with faults. */
export function manifestWorkloads(text: string): readonly ManifestWorkload[] {
  if (isLonger(text, bounds.maxBytes)) return [];
  return yamlDocuments(text)
    .filter((document) => form.test(document.text))
    .flatMap((document) => {
      const located = locateAll(document.text, bounds);
      const workload = located.ok ? workloadOf(plainValue(located.root)) : undefined;
      return workload === undefined ? [] : [workload];
    });
}

function workloadOf(document: unknown): ManifestWorkload | undefined {
  const [kind, name] = [textAt(document, 'kind'), textAt(document, 'metadata', 'name')];
  if (kind === undefined || name === undefined) return undefined;
  const images = (['initContainers', 'containers'] as const).flatMap((list) =>
    listAt(document, 'spec', 'template', 'spec', list).flatMap((container) => {
      const [own, image] = [textAt(container, 'name'), textAt(container, 'image')];
      return own === undefined || image === undefined ? [] : ([[`${list}/${own}`, image]] as const);
    }),
  );
  const secrets = listAt(document, 'spec', 'template', 'spec', 'imagePullSecrets');
  return {
    kind,
    name,
    images: new Map(images),
    ...(secrets.length > 0 && { pullSecrets: secrets.flatMap((one) => textAt(one, 'name') ?? []) }),
  };
}
