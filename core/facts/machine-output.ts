/**
 * Recognises the output of kubectl, calicoctl and juju. Such output is large (a Node of a real
 * cluster has 10 to 20 KB), so their JSON is read without places.
 */
import { isJujuStatus } from './juju-machines.ts';
import { textAt } from '../input/plain-data.ts';
import { listedObjects } from '../input/listed-objects.ts';
import { jsonBounds } from '../input/bounds.ts';
import { jsonSequence } from '../input/json-sequence.ts';
import { jsonValue } from '../input/parse-json.ts';

export type MachineOutput =
  | { readonly tool: 'kubectl' | 'calicoctl'; readonly items: readonly unknown[] }
  | { readonly tool: 'juju'; readonly status: unknown }
  /** A list of Kubernetes or Calico objects that are no nodes. */
  | { readonly tool: 'other'; readonly apiVersion: string; readonly kind: string };

/** Undefined: the documents are no output of these tools. */
export function recogniseMachineOutput(documents: readonly unknown[]): MachineOutput | undefined {
  const [first] = documents;
  if (documents.length === 1 && isJujuStatus(first)) return { tool: 'juju', status: first };
  const objects = documents.flatMap(objectsOf);
  const [object] = objects;
  if (object !== undefined) return describeObjects(objects);
  const version = textAt(first, 'apiVersion');
  if (version === undefined || !isObject(first)) return undefined;
  return { tool: version === calicoVersion ? 'calicoctl' : 'kubectl', items: [] };
}

const calicoVersion = 'projectcalico.org/v3';

function describeObjects(objects: readonly unknown[]): MachineOutput | undefined {
  const stranger = objects.find((object) => textAt(object, 'kind') !== 'Node');
  if (stranger !== undefined) {
    const kind = textAt(stranger, 'kind');
    const apiVersion = textAt(stranger, 'apiVersion') ?? '';
    return kind === undefined ? undefined : { tool: 'other', apiVersion, kind };
  }
  const version = textAt(objects[0], 'apiVersion');
  return { tool: version === calicoVersion ? 'calicoctl' : 'kubectl', items: objects };
}

/** The items of a list, a bare object, or a plain list of objects; empty for anything else. */
function objectsOf(document: unknown): readonly unknown[] {
  const isTheirs = Array.isArray(document) ? document.every(isObject) : isObject(document);
  return isTheirs ? listedObjects(document) : [];
}

function isObject(document: unknown): boolean {
  return textAt(document, 'apiVersion') !== undefined && textAt(document, 'kind') !== undefined;
}

/** Its values, one or several; undefined where the text is no JSON: then it is read as YAML. */
export function readMachineJson(text: string): readonly unknown[] | undefined {
  if (!/^\s*[[{]/.test(text)) return undefined;
  const value = jsonValue(text, jsonBounds.machine);
  return value === undefined ? jsonSequence(text, jsonBounds.machine) : [value];
}

export function looksLikeYamlOfTools(text: string): boolean {
  return /^(?:- )?(?:apiVersion|kind|machines|applications):/m.test(text);
}

/**
 * The head of a table that kubectl, calicoctl and juju print without -o or --format: names of
 * columns, without the colons of YAML.
 */
const tableHead =
  /^\s*(?:NAME(?:[^\S\n]+[A-Z-]+)*|(?:Model|Machine|App|Unit)(?:[^\S\n]+[A-Za-z][\w/-]*)+)[^\S\n]*\r?\n/;

const longestHead = 4096;

export function looksLikeTable(text: string): boolean {
  return tableHead.test(text.slice(0, longestHead));
}
