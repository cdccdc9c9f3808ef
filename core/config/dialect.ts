/** Which dialect a document is in. */
import type { Issue } from '../issue.ts';
import { charmOptionNames } from './charm/options.ts';
import { wrappers } from './charm/unwrap.ts';
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

export function recogniseDialect(root: Located): Recognised {
  if (root.kind !== 'map') return unknown(root, 'the document is not a mapping', accepted);
  const fields = fieldsOf(root);
  if (fields.has('apiVersion') || fields.has('kind')) return recogniseNative(root, fields);
  if (isCharm(root)) return { dialect: 'charm', root };
  if (nativeSections.some((name) => fields.has(name))) {
    return unknown(root, 'apiVersion and kind are missing', nativeHint);
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

function shown({ source }: LocatedScalar): string {
  return source.slice(0, 64);
}

function unknown({ place }: Located, message: string, hint: string): Recognised {
  return { dialect: 'none', issue: issueAt(place, 'error', 'unknown-document', message, hint) };
}
