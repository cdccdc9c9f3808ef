/** Recognises the dialect of a document. */
import schema from '../../schemas/network-config.schema.json' with { type: 'json' };
import type { Issue } from '../issue.ts';
import { charmOptionNames } from './charm/options.ts';
import { deployedOf, wrappers } from './charm/unwrap.ts';
import { issueAt } from '../findings.ts';
import type { Located, LocatedMap, LocatedScalar } from './yaml/located.ts';
import { recogniseDocument } from './mix-ups/document.ts';
import { recogniseKind } from './mix-ups/kubernetes.ts';
import { accepted, jujuConfigHint, type MixUp } from './mix-ups/mix-up.ts';
import { nearestName } from '../nearest-name.ts';
import { fieldsOf, scalarOf } from './yaml/read-values.ts';

export type Recognised =
  | { readonly dialect: 'charm' | 'native'; readonly root: LocatedMap }
  | { readonly dialect: 'none'; readonly issue: Issue };

const apiVersion = 'calico-agent/v1';
const kind = 'NetworkConfig';

const nativeHint = `write apiVersion: ${apiVersion} and kind: ${kind}`;
const emptyHint = `indent its options below it, or ${jujuConfigHint}`;
const general: ReadonlySet<string> = new Set(['apiVersion', 'kind', 'metadata']);
const nativeSections = Object.keys(schema.properties).filter((name) => !general.has(name));

/** @param application Juju's name of the calico application, if a person gave it */
export function recogniseDialect(root: Located, application?: string): Recognised {
  const fields = fieldsOf(root);
  if (root.kind === 'map' && (fields.has('apiVersion') || fields.has('kind'))) {
    return recogniseNative(root, fields);
  }
  const mixUp = recogniseDocument(root);
  if (mixUp !== undefined) return mixedUp(root, mixUp);
  if (root.kind !== 'map') return unknown(root, 'the document is not a mapping', accepted);
  if (deployedOf(root, application) !== undefined || isCharm(root))
    return { dialect: 'charm', root };
  if (root.entries.some(({ key }) => isNativeSection(key))) {
    return unknown(root, 'apiVersion and kind are missing', nativeHint);
  }
  const empty = fields.get(application ?? 'calico');
  if (empty?.kind === 'scalar' && empty.value === null) {
    const message = `"${application ?? 'calico'}" is empty: it has no options`;
    return unknown(empty, message, emptyHint);
  }
  const named = root.entries.find(({ value }) => value.kind === 'map' && isOfOptions(value));
  if (named !== undefined) {
    const message = `no application here is called ${application ?? 'calico'}`;
    const hint = `name the one that is meant with --unit-application (unitApplication): ${named.key.slice(0, 64)} has options of calico`;
    return unknown(root, message, hint);
  }
  return unknown(root, 'this is no network configuration', accepted);
}

function recogniseNative(root: LocatedMap, fields: ReadonlyMap<string, Located>): Recognised {
  const version = scalarOf(fields.get('apiVersion'));
  const named = scalarOf(fields.get('kind'));
  const isOurs = version?.value === apiVersion && named?.value === kind;
  if (isOurs) return { dialect: 'native', root };
  if (version === undefined) {
    const isNear = nearestName(named === undefined ? '' : shown(named), [kind]) !== undefined;
    return unknown(root, 'apiVersion is missing', isNear ? nativeHint : accepted);
  }
  if (named === undefined) {
    const isNear = nearestName(shown(version), [apiVersion]) !== undefined;
    return unknown(root, 'kind is missing', isNear ? nativeHint : accepted);
  }
  const mixUp = recogniseKind(root);
  if (mixUp !== undefined) return mixedUp(version.value === apiVersion ? named : version, mixUp);
  const wrong: LocatedScalar = version.value === apiVersion ? named : version;
  const message = `this document is a ${shown(named)} of ${shown(version)}, not a ${kind} of ${apiVersion}`;
  return unknown(wrong, message, nativeHint);
}

function isNativeSection(key: string): boolean {
  return nativeSections.includes(key) || nearestName(key, nativeSections) !== undefined;
}

/** Whether the mapping has an option of the charm, or a key that is close to one. */
function isCharm(root: LocatedMap): boolean {
  const names = root.entries.map(({ key }) => key);
  const known = new Set<string>([...charmOptionNames, ...wrappers]);
  if (names.some((name) => known.has(name))) return true;
  return names
    .slice(0, 50)
    .some((name) => !nativeSections.includes(name) && nearestName(name, charmOptionNames));
}

function isOfOptions({ entries }: LocatedMap): boolean {
  return entries.some(({ key }) => charmOptionNames.includes(key));
}

function shown({ source }: LocatedScalar): string {
  return source.slice(0, 64);
}

function mixedUp(node: Located, { what, comment, hint }: MixUp): Recognised {
  return unknown(node, `this is ${what}${comment === undefined ? '' : `, ${comment}`}`, hint);
}

function unknown({ place }: Located, message: string, hint: string): Recognised {
  return { dialect: 'none', issue: issueAt(place, 'error', 'unknown-document', message, hint) };
}
