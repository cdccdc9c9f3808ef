/**
 * Calico's part of cni.yaml: the ConfigMap calico-config and the DaemonSet calico-node. Only these
 * two are parsed, because the file has 6000 lines of other documents.
 */
import { locateAll } from '../../config/yaml/located-yaml.ts';
import type { Located } from '../../config/yaml/located.ts';
import { entriesOf, fieldsOf, itemsOf, scalarOf } from '../../config/yaml/read-values.ts';
import { textBounds } from '../../input/bounds.ts';
import { isLonger } from '../../input/text-size.ts';
import type { PlatformIssue } from '../../../schemas/generated/agent-api/platform.ts';
import { fileIssue, type FilePlace } from '../file-issues.ts';
import { yamlDocuments, type YamlDocument } from './yaml-documents.ts';

/** A value, and where it stands. */
export interface ManifestValue {
  readonly text: string;
  readonly place: FilePlace;
}

export interface CalicoDaemonSet {
  readonly place: FilePlace;
  /** Environment variables with a value of their own. */
  readonly env: ReadonlyMap<string, ManifestValue>;
  /** The image of the container calico-node: docker.io/calico/node:v3.29.3. */
  readonly image?: ManifestValue;
  /** The arguments of both probes; absent: there is no such probe. */
  readonly liveness?: Probe;
  readonly readiness?: Probe;
}

export interface Probe {
  readonly arguments: readonly string[];
  readonly place: FilePlace;
}

export interface CniManifest {
  /** The data of calico-config. */
  readonly config: ReadonlyMap<string, ManifestValue>;
  readonly daemonSets: readonly CalicoDaemonSet[];
  readonly issues: readonly PlatformIssue[];
}

const bounds = textBounds.hostYaml;

export function parseCniManifest(file: string, text: string): CniManifest {
  if (isLonger(text, bounds.maxBytes)) {
    const message = `it is larger than ${bounds.maxBytes} bytes, and is not read`;
    return refused(fileIssue('error', { file }, { code: 'too-large', message }));
  }
  const read = documentsIn(text).map((document) => readDocument(file, document));
  return {
    config: new Map(read.flatMap(({ config }) => [...config])),
    daemonSets: read.flatMap(({ daemonSets }) => daemonSets),
    issues: read.flatMap(({ issues }) => issues),
  };
}

function refused(issue: PlatformIssue): CniManifest {
  return { config: new Map(), daemonSets: [], issues: [issue] };
}

/** The documents that may be one of the two. */
function documentsIn(text: string): readonly YamlDocument[] {
  const form = /^"?kind"?:[ \t]*["']?(?:DaemonSet|ConfigMap)\b/m;
  return yamlDocuments(text).filter((document) => form.test(document.text));
}

function readDocument(file: string, { text, above }: YamlDocument): CniManifest {
  const located = locateAll(text, bounds);
  const placeAt = ({ line, column }: { line?: number; column?: number }): FilePlace => ({
    file,
    ...(line !== undefined && { line: line + above }),
    ...(column !== undefined && { column }),
  });
  if (!located.ok) {
    const issues = located.issues.map(({ severity, code, message, hint, ...place }) =>
      fileIssue(severity, placeAt(place), { code, message, ...(hint !== undefined && { hint }) }),
    );
    return { config: new Map(), daemonSets: [], issues };
  }
  const { root } = located;
  const name = textAt(root, ['metadata', 'name']);
  const kind = textAt(root, ['kind']);
  const isConfig = kind === 'ConfigMap' && name === 'calico-config';
  const isNode = kind === 'DaemonSet' && name === 'calico-node';
  return {
    config: isConfig ? valuesOf(at(root, ['data']), placeAt) : new Map(),
    daemonSets: isNode ? [daemonSetOf(root, placeAt)] : [],
    issues: [],
  };
}

type PlaceOf = (place: { line?: number; column?: number }) => FilePlace;

function daemonSetOf(root: Located, placeAt: PlaceOf): CalicoDaemonSet {
  const containers = itemsOf(at(root, ['spec', 'template', 'spec', 'containers']));
  const container = containers.find((one) => textAt(one, ['name']) === 'calico-node');
  const image = valueOf(at(container, ['image']), placeAt);
  const liveness = probeOf(at(container, ['livenessProbe']), placeAt);
  const readiness = probeOf(at(container, ['readinessProbe']), placeAt);
  const env = itemsOf(at(container, ['env'])).flatMap((item) => {
    const variable = textAt(item, ['name']);
    const value = valueOf(at(item, ['value']), placeAt);
    return variable === undefined || value === undefined ? [] : ([[variable, value]] as const);
  });
  return {
    place: placeAt(at(root, ['metadata', 'name'])?.place ?? root.place),
    env: new Map(env),
    ...(image !== undefined && { image }),
    ...(liveness !== undefined && { liveness }),
    ...(readiness !== undefined && { readiness }),
  };
}

function probeOf(node: Located | undefined, placeAt: PlaceOf): Probe | undefined {
  const command = at(node, ['exec', 'command']);
  if (command === undefined) return undefined;
  const words = itemsOf(command).flatMap((item) => scalarOf(item)?.source ?? []);
  return { arguments: words, place: placeAt(command.place) };
}

function valuesOf(node: Located | undefined, placeAt: PlaceOf): Map<string, ManifestValue> {
  return new Map(
    entriesOf(node).flatMap(({ key, value }) => {
      const own = valueOf(value, placeAt);
      return own === undefined ? [] : ([[key, own]] as const);
    }),
  );
}

function valueOf(node: Located | undefined, placeAt: PlaceOf): ManifestValue | undefined {
  const scalar = scalarOf(node);
  if (scalar === undefined) return undefined;
  return { text: String(scalar.value), place: placeAt(scalar.place) };
}

function at(node: Located | undefined, keys: readonly string[]): Located | undefined {
  return keys.reduce<Located | undefined>((one, key) => fieldsOf(one).get(key), node);
}

function textAt(node: Located | undefined, keys: readonly string[]): string | undefined {
  return scalarOf(at(node, keys))?.source;
}
