/** Which dialect a document is in. */
import type { Issue } from '../issue.ts';
import { charmOptionNames } from './charm/options.ts';
import { deployedOf, wrappers } from './charm/unwrap.ts';
import { issueAt } from './findings.ts';
import type { Located, LocatedMap, LocatedScalar } from './located.ts';
import { nearestName } from './nearest-name.ts';
import { fieldsOf, scalarOf } from './reading.ts';

export type Recognised =
  | { readonly dialect: 'charm' | 'native'; readonly root: LocatedMap }
  | { readonly dialect: 'none'; readonly issue: Issue };

const apiVersion = 'calico-agent/v1';
const kind = 'NetworkConfig';

const accepted = `accepted are a document with apiVersion: ${apiVersion} and kind: ${kind}, or the calico charm's options: a mapping, the output of config-get or juju config, or a bundle`;
const nativeHint = `write apiVersion: ${apiVersion} and kind: ${kind}`;
const nativeSections = ['bgp', 'pools', 'groups', 'unknownPools'];

/** @param application Juju's name of the calico application, where a person named it */
export function recogniseDialect(root: Located, application?: string): Recognised {
  if (root.kind !== 'map') return unknown(root, 'the document is not a mapping', accepted);
  const fields = fieldsOf(root);
  if (fields.has('apiVersion') || fields.has('kind')) return recogniseNative(root, fields);
  if (deployedOf(root, application) !== undefined || isCharm(root))
    return { dialect: 'charm', root };
  if (nativeSections.some((name) => fields.has(name))) {
    return unknown(root, 'apiVersion and kind are missing', nativeHint);
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
  if (version === undefined) return unknown(root, 'apiVersion is missing', nativeHint);
  if (named === undefined) return unknown(root, 'kind is missing', nativeHint);
  const wrong: LocatedScalar = version.value === apiVersion ? named : version;
  const message = `this document is a ${shown(named)} of ${shown(version)}, not a ${kind} of ${apiVersion}`;
  return unknown(wrong, message, nativeHint);
}

/** One known option is enough, or one that is nearly known. */
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

function unknown({ place }: Located, message: string, hint: string): Recognised {
  return { dialect: 'none', issue: issueAt(place, 'error', 'unknown-document', message, hint) };
}
