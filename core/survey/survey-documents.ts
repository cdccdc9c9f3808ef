/**
 * Documents of a folder → the cluster that they describe, for Calico's BGP and pools. Issues name
 * the documents that are not read, so that a person who exports a folder sees what is missing.
 */
import { readCalicoctlNodes } from '../facts/calicoctl-nodes.ts';
import type { NodeFacts } from '../facts/facts.ts';
import { readKubectlNodes } from '../facts/kubectl-nodes.ts';
import { isMap, textAt } from '../input/plain-data.ts';
import { groupBy } from '../group-by.ts';
import type { Issue } from '../issue.ts';
import { nameSome } from '../name-some.ts';
import { observedResource } from '../observe/observed-resource.ts';
import { calicoNodeSettings, kubernetesNodeSettings } from '../observe/node-settings.ts';
import { isCalicoVersion, parseResource } from '../observe/parse-resource.ts';
import { printable } from '../printable.ts';
import { listedObjects } from '../input/listed-objects.ts';
import type { SurveyedCluster, SurveyedNode } from './surveyed-cluster.ts';

export interface PlacedDocument {
  /** For people. */
  readonly file: string;
  readonly document: unknown;
  /** This one counts among several of one kind and name. */
  readonly wins?: boolean;
}

/** BGPFilters are listed as objects that a configuration cannot have. */
const readKinds = new Set(['BGPPeer', 'BGPConfiguration', 'BGPFilter', 'IPPool']);

export function surveyDocuments(
  documents: readonly PlacedDocument[],
): Omit<SurveyedCluster, 'issues'> & { readonly issues: readonly Issue[] } {
  const objects = documents.flatMap(({ document, ...place }) =>
    listedObjects(document).map((object) => ({ ...place, document: object })),
  );
  const { kept, doubles } = withoutDoubles(objects.filter(({ document }) => document !== null));
  const calico = kept.filter(isCalicos).map(({ document }) => document);
  const nodes = kept.flatMap(surveyedNode);
  const unread = kept.filter((one) => !isCalicos(one) && nodeReaderOf(one.document) === undefined);
  return {
    resources: calico.flatMap((document) => {
      const parsed = parseResource(document);
      return parsed.kind === 'resource' ? [observedResource(parsed.resource)] : [];
    }),
    nodes,
    documents: calico,
    blocks: [],
    issues: [...doubles, ...notRead(unread)],
  };
}

function isCalicos({ document }: PlacedDocument): boolean {
  const kind = textAt(document, 'kind') ?? '';
  return isCalicoVersion(textAt(document, 'apiVersion')) && readKinds.has(kind);
}

function surveyedNode({ document }: PlacedDocument): readonly SurveyedNode[] {
  const reader = nodeReaderOf(document);
  const facts = reader?.factsOf(document);
  if (reader === undefined || facts === undefined || facts.name === '') return [];
  const { name, addresses, labels } = facts;
  return [{ name, addresses, labels, settings: reader.settingsOf(document) }];
}

interface NodeReader {
  factsOf(document: unknown): NodeFacts | undefined;
  readonly settingsOf: typeof calicoNodeSettings;
}

const calicoNodes: NodeReader = {
  factsOf: (document) => readCalicoctlNodes([document]).nodes[0]?.facts,
  settingsOf: calicoNodeSettings,
};

const kubernetesNodes: NodeReader = {
  factsOf: (document) => readKubectlNodes([document]).nodes[0]?.facts,
  settingsOf: kubernetesNodeSettings,
};

function nodeReaderOf(document: unknown): NodeReader | undefined {
  if (textAt(document, 'kind') !== 'Node') return undefined;
  const version = textAt(document, 'apiVersion');
  if (isCalicoVersion(version)) return calicoNodes;
  return version === 'v1' ? kubernetesNodes : undefined;
}

interface Kept {
  readonly kept: readonly PlacedDocument[];
  readonly doubles: readonly Issue[];
}

function withoutDoubles(objects: readonly PlacedDocument[]): Kept {
  const named = groupBy(objects, ({ document }) => identityOf(document));
  const dropped = new Set<PlacedDocument>();
  const doubles: Issue[] = [];
  for (const same of named.values()) {
    const chosen = same.find(({ wins }) => wins === true) ?? same[0];
    for (const one of same) {
      if (one === chosen || chosen === undefined) continue;
      dropped.add(one);
      if (JSON.stringify(one.document) === JSON.stringify(chosen.document)) continue;
      const name = `${textAt(one.document, 'kind') ?? ''} "${nameOf(one.document)}"`;
      const message = `${name} of ${printable(one.file)} is not read: ${printable(chosen.file)} has one of that name too`;
      doubles.push(issue('warning', message, 'keep one of them'));
    }
  }
  return { kept: objects.filter((one) => !dropped.has(one)), doubles };
}

/** The identity by kind and name, without the API version; undefined: it has no name. */
function identityOf(document: unknown): string | undefined {
  const isKnown = isCalicos({ file: '', document }) || nodeReaderOf(document) === calicoNodes;
  const name = nameOf(document);
  return isKnown && name !== '' ? `${textAt(document, 'kind') ?? ''}/${name}` : undefined;
}

function nameOf(document: unknown): string {
  return printable(textAt(document, 'metadata', 'name') ?? '');
}

function notRead(unread: readonly PlacedDocument[]): readonly Issue[] {
  const kinds = groupBy(unread, ({ document }) => describeKind(document));
  return [...kinds].map(([kind, documents]) => {
    const files = [...new Set(documents.map(({ file }) => printable(file)))];
    const message = `not read: ${kind} (${documents.length === 1 ? '1 object' : `${documents.length} objects`} in ${nameSome(files)})`;
    return issue(kind === noObject ? 'warning' : 'note', message);
  });
}

const noObject = 'documents without apiVersion and kind';

function describeKind(document: unknown): string {
  const kind = textAt(document, 'kind');
  const version = textAt(document, 'apiVersion');
  if (!isMap(document) || kind === undefined || version === undefined) return noObject;
  return printable(`${kind.slice(0, 64)} of ${version.slice(0, 64)}`);
}

function issue(severity: Issue['severity'], message: string, hint?: string): Issue {
  return {
    severity,
    code: 'export-not-read',
    pointer: '',
    message,
    ...(hint !== undefined && { hint }),
  };
}
