/** The objects of a manifest by kind, namespace and name, each with the text of its own document. */
import { locateAll } from '../../../config/yaml/located-yaml.ts';
import { plainValue } from '../../../config/yaml/plain-value.ts';
import { textBounds } from '../../../input/bounds.ts';
import { isLonger } from '../../../input/text-size.ts';
import { printable } from '../../../printable.ts';
import type { PlatformIssue } from '../../../../schemas/generated/agent-api/platform.ts';
import { fileIssue } from '../../file-issues.ts';
import { yamlDocuments, type YamlDocument } from '../yaml-documents.ts';
import { fieldOf, isMap, type YamlMap, type YamlValue } from './yaml-value.ts';

export interface ManifestObject {
  readonly kind: string;
  readonly namespace?: string;
  readonly name: string;
  readonly value: YamlMap;
  /** The document with its comments, as it stands in the file. */
  readonly text: string;
  /** The line of the file where its document begins, 1-based. */
  readonly line: number;
}

export interface ManifestObjects {
  /** By `objectId`. */
  readonly objects: ReadonlyMap<string, ManifestObject>;
  readonly issues: readonly PlatformIssue[];
}

const bounds = textBounds.hostYaml;

/**
 * The version of the API is left out: a release moves an object from policy/v1beta1 to policy/v1, and it is
 * the same one.
 */
export function objectId({
  kind,
  namespace,
  name,
}: Pick<ManifestObject, 'kind' | 'namespace' | 'name'>): string {
  return `${kind}/${namespace === undefined ? '' : `${namespace}/`}${name}`;
}

/**
 * Reads many manifests. Most documents of two releases have the same text, and a text is parsed once.
 * @returns a function of the file's path, for issues, and of its text
 */
export function createObjectReader(): (file: string, text: string) => ManifestObjects {
  const parsed = new Map<string, Read>();
  return (file, text) => {
    if (isLonger(text, bounds.maxBytes)) {
      const message = `it is larger than ${String(bounds.maxBytes)} bytes, and is not read`;
      const issue = fileIssue('error', { file }, { code: 'too-large', message });
      return { objects: new Map(), issues: [issue] };
    }
    const documents = yamlDocuments(text);
    if (documents.length > bounds.maxDocuments) {
      const message = `it has more than ${String(bounds.maxDocuments)} documents, and is not read`;
      const issue = fileIssue('error', { file }, { code: 'too-large', message });
      return { objects: new Map(), issues: [issue] };
    }
    const read = documents.filter(isWritten).map((document) => {
      const one = parsed.get(document.text) ?? readDocument(document.text);
      parsed.set(document.text, one);
      return { ...one, document };
    });
    return collect(file, read);
  };
}

function isWritten({ text }: YamlDocument): boolean {
  return text.split('\n').some((line) => !/^\s*(?:#|$)/.test(line));
}

type Read =
  | { readonly value: YamlValue }
  | {
      readonly faults: readonly Parameters<typeof fileIssue>[2][];
      readonly places: readonly Place[];
    };

interface Place {
  readonly line?: number;
  readonly column?: number;
}

function readDocument(text: string): Read {
  const located = locateAll(text, bounds);
  if (!located.ok) {
    return {
      faults: located.issues.map(({ code, message, hint }) => ({
        code,
        message,
        ...(hint !== undefined && { hint }),
      })),
      places: located.issues,
    };
  }
  return { value: yamlValue(plainValue(located.root)) };
}

/** The values of YAML are those of JSON here: the reader refuses everything else. */
function yamlValue(value: unknown): YamlValue {
  if (Array.isArray(value)) return value.map(yamlValue);
  if (typeof value === 'object' && value !== null) {
    return Object.fromEntries(Object.entries(value).map(([key, own]) => [key, yamlValue(own)]));
  }
  const isScalar =
    typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean';
  return isScalar ? value : null;
}

function collect(
  file: string,
  read: readonly (Read & { readonly document: YamlDocument })[],
): ManifestObjects {
  const objects = new Map<string, ManifestObject>();
  const issues: PlatformIssue[] = [];
  for (const one of read) {
    const { above, text } = one.document;
    if ('faults' in one) {
      issues.push(
        ...one.faults.map((fault, index) =>
          fileIssue('error', placeIn(file, above, one.places[index]), fault),
        ),
      );
      continue;
    }
    const line = firstLine(text) + above;
    const object = objectOf(one.value, text, line);
    if (object === undefined) {
      const message = 'this document is no object of Kubernetes: it needs kind and metadata.name';
      issues.push(fileIssue('error', { file, line }, { code: 'manifest-no-object', message }));
      continue;
    }
    const id = objectId(object);
    const earlier = objects.get(id);
    if (earlier !== undefined) {
      issues.push(twice(file, object, earlier));
      continue;
    }
    objects.set(id, object);
  }
  return { objects, issues };
}

function placeIn(
  file: string,
  above: number,
  place: Place | undefined,
): Parameters<typeof fileIssue>[1] {
  const { line, column } = place ?? {};
  return {
    file,
    ...(line !== undefined && { line: line + above }),
    ...(column !== undefined && { column }),
  };
}

function firstLine(text: string): number {
  return text.split('\n').findIndex((line) => !/^\s*(?:#|$)/.test(line)) + 1;
}

function objectOf(value: YamlValue, text: string, line: number): ManifestObject | undefined {
  if (!isMap(value)) return undefined;
  const kind = fieldOf(value, 'kind');
  const metadata = fieldOf(value, 'metadata');
  if (typeof kind !== 'string' || !isMap(metadata)) return undefined;
  const name = fieldOf(metadata, 'name');
  const namespace = fieldOf(metadata, 'namespace');
  if (typeof name !== 'string') return undefined;
  return {
    kind,
    name,
    ...(typeof namespace === 'string' && { namespace }),
    value,
    text,
    line,
  };
}

function twice(file: string, object: ManifestObject, earlier: ManifestObject): PlatformIssue {
  return fileIssue(
    'error',
    { file, line: object.line },
    {
      code: 'manifest-object-twice',
      message: `${printable(objectId(object).slice(0, 200))} is here for the second time, after line ${String(earlier.line)}: the last one is applied over the first`,
      hint: 'keep one of them',
    },
  );
}
