/** Which images of Calico run where: from the pods, and from the workloads that make them. */
import { byText } from '../../by-text.ts';
import { groupBy } from '../../group-by.ts';
import { listAt, textAt, textMapAt } from '../../input/plain-data.ts';
import { nameSome } from '../../name-some.ts';
import { printable } from '../../printable.ts';
import { isSameImage, parseReference } from '../../config/images/reference.ts';

/** A container of a pod, or of the template of a workload. */
export interface RunningContainer {
  readonly name: string;
  /** As the pod or the template asks for it. */
  readonly image: string;
  /** The first digits of the digest that the kubelet reports. */
  readonly digest?: string;
  /** The node has the image, and not from a registry: the kubelet reports an ID of that node and no digest. */
  readonly isImported?: true;
  /** Why the image is not there, as the kubelet says; bounded, and safe on one line. */
  readonly pullFailure?: string;
}

export interface CalicoPod {
  readonly namespace: string;
  readonly name: string;
  readonly node?: string;
  /** The label k8s-app: `calico-node`. */
  readonly app: string;
  readonly containers: readonly RunningContainer[];
}

export interface CalicoTemplate {
  readonly namespace: string;
  readonly name: string;
  readonly containers: readonly RunningContainer[];
}

/** Finds the pods of Calico in all namespaces, also those whose images only the operator changes. */
export const calicoPodSelector =
  'k8s-app in (calico-node,calico-kube-controllers,calico-typha,csi-node-driver,calico-apiserver)';

/** Reasons of a kubelet that has no image. Source: Kubernetes pkg/kubelet/images/types.go. */
const pullReasons: ReadonlySet<string> = new Set([
  'ImagePullBackOff',
  'ErrImagePull',
  'ErrImageNeverPull',
  'InvalidImageName',
  'ImageInspectError',
  'RegistryUnavailable',
  'SignatureValidationFailed',
]);
const longestMessage = 300;

/** Undefined: it is no pod with this label. */
export function parseCalicoPod(item: unknown): CalicoPod | undefined {
  const [namespace, name] = [
    textAt(item, 'metadata', 'namespace'),
    textAt(item, 'metadata', 'name'),
  ];
  const app = textMapAt(item, 'metadata', 'labels')['k8s-app'];
  if (namespace === undefined || name === undefined || app === undefined) return undefined;
  const node = textAt(item, 'spec', 'nodeName');
  const statuses = [
    ...listAt(item, 'status', 'initContainerStatuses'),
    ...listAt(item, 'status', 'containerStatuses'),
  ];
  return {
    namespace,
    name,
    app,
    ...(node !== undefined && { node }),
    containers: containersOf(item, 'spec').map((one) => ({
      ...one,
      ...seenOf(statuses.find((status) => textAt(status, 'name') === one.name)),
    })),
  };
}

/** Undefined: it is no object of the API. */
export function parseCalicoTemplate(item: unknown): CalicoTemplate | undefined {
  const [namespace, name] = [
    textAt(item, 'metadata', 'namespace'),
    textAt(item, 'metadata', 'name'),
  ];
  if (namespace === undefined || name === undefined) return undefined;
  return { namespace, name, containers: containersOf(item, 'spec', 'template', 'spec') };
}

function containersOf(item: unknown, ...path: readonly string[]): readonly RunningContainer[] {
  return ['initContainers', 'containers'].flatMap((list) =>
    listAt(item, ...path, list).flatMap((one) => {
      const [name, image] = [textAt(one, 'name'), textAt(one, 'image')];
      return name === undefined || image === undefined ? [] : [{ name, image }];
    }),
  );
}

function seenOf(status: unknown): Pick<RunningContainer, 'digest' | 'isImported' | 'pullFailure'> {
  const imageId = textAt(status, 'imageID') ?? '';
  const digest = /@sha256:([0-9a-f]{12})/u.exec(imageId)?.[1];
  const reason = textAt(status, 'state', 'waiting', 'reason');
  const message = textAt(status, 'state', 'waiting', 'message');
  const text = message === undefined ? reason : `${reason ?? ''}: ${message}`;
  return {
    ...(digest !== undefined && { digest }),
    ...(digest === undefined && imageId !== '' && { isImported: true as const }),
    ...(reason !== undefined &&
      pullReasons.has(reason) && {
        pullFailure: printable((text ?? reason).slice(0, longestMessage)),
      }),
  };
}

export interface ImageFinding {
  readonly result: 'ok' | 'warning' | 'failed';
  readonly message: string;
  readonly hint?: string;
}

/** One finding per container with its image, then what is wrong; in a stable order. */
export function imageFindings(
  pods: readonly CalicoPod[],
  templates: readonly CalicoTemplate[],
): readonly ImageFinding[] {
  if (pods.length === 0) return [noPods];
  const all = pods.flatMap((pod) => pod.containers.map((container) => ({ pod, container })));
  const groups = groupBy(all, ({ pod, container }) =>
    JSON.stringify([pod.namespace, pod.app, container.name]),
  );
  return [...groups]
    .toSorted(([one], [other]) => byText(one, other))
    .flatMap(([, group]) => [
      ...ofContainer(group),
      ...notAsAsked(group, templates),
      ...pullFailures(group),
    ]);
}

const noPods: ImageFinding = {
  result: 'warning',
  message: 'no pod of Calico found in the cluster',
  hint: 'see that agent.yaml names the cluster that you mean, and that Calico is installed there',
};

interface Running {
  readonly pod: CalicoPod;
  readonly container: RunningContainer;
}

/** A kubelet that has not pulled the image yet runs none. */
function ofContainer(all: readonly Running[]): readonly ImageFinding[] {
  const group = all.filter(({ container }) => isThere(container));
  if (group.length === 0) return [];
  const images = [...groupBy(group, ({ container }) => contentOf(container))].toSorted(
    ([one], [other]) => byText(one, other),
  );
  const what = nameOf(group);
  const texts = images.map(([text, own]) => `${printable(text)} on ${placesOf(own)}`);
  const isOneName = new Set(group.map(({ container }) => container.image)).size === 1;
  const known = new Set(
    group.flatMap(({ container }) => (container.isImported === true ? [] : contentOf(container))),
  );
  // Content that is not known is no other content.
  if (isOneName && known.size <= 1) {
    return [{ result: 'ok', message: `${what}: ${texts.join('; ')}` }];
  }
  const message = isOneName
    ? `${what} has one name with several contents: ${texts.join('; ')}`
    : `${what} runs several images: ${texts.join('; ')}`;
  const hint = isOneName
    ? 'the tag was given to another image meanwhile: pin the digest in the section images'
    : 'a rollout is under way or stuck: kubectl rollout status says which';
  return [{ result: 'warning', message, hint }];
}

function isThere({ digest, isImported }: RunningContainer): boolean {
  return digest !== undefined || isImported === true;
}

function contentOf({ image, digest, isImported }: RunningContainer): string {
  if (isImported === true) return `${image} (content not known)`;
  return digest === undefined || image.includes('@') ? image : `${image} (sha256:${digest}…)`;
}

/** The pods that the workload would make in another way today. */
function notAsAsked(
  group: readonly Running[],
  templates: readonly CalicoTemplate[],
): readonly ImageFinding[] {
  const [first] = group;
  const template = templates.find(
    ({ namespace, name }) => namespace === first?.pod.namespace && name === first.pod.app,
  );
  const asked = template?.containers.find(({ name }) => name === first?.container.name)?.image;
  if (asked === undefined) return [];
  const other = group.filter(({ container }) => !isSameText(container.image, asked));
  if (other.length === 0) return [];
  const message = `${nameOf(group)} should be ${printable(asked)}, and is not yet on ${placesOf(other)}`;
  return [{ result: 'warning', message, hint: 'its controller replaces one pod after the other' }];
}

function isSameText(one: string, other: string): boolean {
  const [left, right] = [parseReference(one), parseReference(other)];
  return one === other || (left.ok && right.ok && isSameImage(left.value, right.value));
}

const mostNamed = 3;

function pullFailures(group: readonly Running[]): readonly ImageFinding[] {
  const failed = group.flatMap(({ pod, container }) =>
    container.pullFailure === undefined ? [] : [{ pod, container, why: container.pullFailure }],
  );
  const hint =
    'see that the registry has this image, that the node reaches the registry, and that the pull secret of the pod has its credentials';
  const named = failed.slice(0, mostNamed).map(({ pod, container, why }): ImageFinding => ({
    result: 'failed',
    message: `pod ${printable(pod.name)}${pod.node === undefined ? '' : ` on ${printable(pod.node)}`} has no image ${printable(container.image)}: ${why}`,
    hint,
  }));
  const more = failed.slice(mostNamed);
  if (more.length === 0) return named;
  return [...named, { result: 'failed', message: `the same on ${placesOf(more)}`, hint }];
}

function nameOf(group: readonly Running[]): string {
  const [first] = group;
  if (first === undefined) return '';
  const { pod, container } = first;
  return printable(
    pod.app === container.name
      ? `${pod.namespace}/${pod.app}`
      : `${pod.namespace}/${pod.app}, ${container.name}`,
  );
}

function placesOf(group: readonly { readonly pod: CalicoPod }[]): string {
  const nodes = [...new Set(group.map(({ pod }) => pod.node ?? 'no node'))].toSorted(byText);
  const count = nodes.length === 1 ? '' : `${String(nodes.length)} nodes: `;
  return `${count}${nameSome(nodes)}`;
}
