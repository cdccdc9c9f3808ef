/** Values of a preview within the bounds of schemas/fleet-preview.schema.json. */
import type { FieldChange, Names, Reason, Session } from '../../schemas/generated/fleet-preview.ts';
import type * as resolved from '../resolve/resolution.ts';
import type { AnySession } from './diff-sessions.ts';

/** The most entries of each list. The others are counted. */
export const bounds = {
  names: 10,
  reasons: 3,
  groups: 50,
  sessions: 20,
  /** Of a chosen node; several share `chosenSessions`. */
  allSessions: 5000,
  chosenSessions: 20_000,
  resources: 50,
  allResources: 2000,
  chosenResources: 4000,
  clusterResources: 200,
  fields: 50,
  kept: 20,
  oldNodes: 20,
  lost: 20,
  valueLength: 500,
} as const;

export function shownNames(names: readonly string[]): Names {
  return { count: names.length, first: names.slice(0, bounds.names) };
}

export function shownReasons(reasons: readonly resolved.Reason[]): Reason[] {
  return reasons.slice(0, bounds.reasons).map(({ rule, place }) => {
    const { pointer, line, column, inside } = place;
    return {
      rule: cut(rule),
      place: {
        pointer,
        ...(line !== undefined && { line }),
        ...(column !== undefined && { column }),
        ...(inside !== undefined && { inside: { ...inside } }),
      },
    };
  });
}

/** Fields of which before or after is undefined have only the other one. */
export function shownField(
  path: string,
  { before, after }: { readonly before?: unknown; readonly after?: unknown },
  reasons: readonly resolved.Reason[],
): FieldChange {
  return {
    path: cut(path),
    ...(before !== undefined && { before: shownValue(before) }),
    ...(after !== undefined && { after: shownValue(after) }),
    reasons: shownReasons(reasons),
  };
}

/** The value as text, or the beginning of its JSON where it is long. */
export function shownText(value: unknown): string {
  return cut(typeof value === 'string' ? value : JSON.stringify(value));
}

/** The value, or the beginning of its JSON where it is long. */
function shownValue(value: unknown): unknown {
  const json = JSON.stringify(value);
  return json.length > bounds.valueLength ? cut(json) : value;
}

export function shownSession(session: AnySession, nodeAt: ReadonlyMap<string, string>): Session {
  const { neighbor, family, port, localAs, remoteAs, origin, reasons } = session;
  const node = nodeAt.get(neighbor);
  return {
    neighbor,
    family,
    ...(port !== undefined && { port }),
    ...(node !== undefined && { node }),
    ...(localAs !== undefined && { localAs }),
    ...(remoteAs !== undefined && { remoteAs }),
    type: typeOf(session),
    origin,
    ...(reasons.length > 0 && { reasons: shownReasons(reasons) }),
  };
}

/** Two nodes of which the configuration gives no number both have that of the cluster. */
function typeOf({ localAs, remoteAs, origin }: AnySession): Session['type'] {
  if (origin !== 'configuration' && localAs === undefined && remoteAs === undefined) return 'ibgp';
  if (localAs === undefined || remoteAs === undefined) return 'unknown';
  return localAs === remoteAs ? 'ibgp' : 'ebgp';
}

function cut(text: string): string {
  if (text.length <= bounds.valueLength) return text;
  return `${text.slice(0, bounds.valueLength)}… (${String(text.length)} characters)`;
}
