/** The change of some nodes as lines. */
import type {
  FieldChange,
  NodeChange,
  ResourceChange,
  Session,
} from '../../../schemas/generated/fleet-preview.ts';
import { because, shown } from '../../plan/describe.ts';
import { durationText } from '../../sessions/duration-text.ts';
import { count, someNames, type PartLine } from './lines.ts';

export function nodeLines(change: NodeChange): readonly PartLine[] {
  const { nodes, asNumber, routeReflectorClusterId, resources } = change;
  const [first] = nodes.first;
  const how =
    change.alike === 'similar' ? `, with other values on each; those of ${first ?? ''}` : '';
  return [
    { depth: 0, text: `${someNames(nodes)}${how}${factsText(change)}` },
    ...(asNumber === undefined ? [] : [valueLine('AS number', asNumber)]),
    ...(routeReflectorClusterId === undefined ? [] : [roleLine(routeReflectorClusterId)]),
    ...sessionLines(change),
    ...resources.first.flatMap((one) => resourceLines(one, 1)),
    ...more(resources.count - resources.first.length, 'resource'),
  ];
}

function factsText({ facts }: NodeChange): string {
  return facts === undefined ? '' : ` (away: facts of ${durationText(facts.ageSeconds)} ago)`;
}

interface Change {
  readonly before?: number | string;
  readonly after?: number | string;
  readonly reasons: FieldChange['reasons'];
}

function valueLine(what: string, { before, after, reasons }: Change): PartLine {
  const text = `${what} ${shown(before)} → ${shown(after)}${because(reasons)}`;
  return { depth: 1, sign: '~', text };
}

function roleLine(change: Change): PartLine {
  if (change.before === undefined)
    return valueLine('becomes a route reflector: cluster ID', change);
  if (change.after !== undefined) return valueLine('cluster ID', change);
  return valueLine('is no route reflector any more: cluster ID', change);
}

function sessionLines({ sessions }: NodeChange): readonly PartLine[] {
  const { gained, lost, changed } = sessions;
  if (gained.count + lost.count + changed.count === 0) return [];
  const total = [
    countText(gained, 'gained'),
    countText(lost, 'lost'),
    countText(changed, 'changed'),
  ].join(', ');
  return [
    { depth: 1, text: `sessions: ${total}` },
    ...gained.first.map((one) => line('+', sessionText(one))),
    ...lost.first.map((one) => line('-', sessionText(one))),
    ...changed.first.map(({ before, after }) => line('~', changedText(before, after))),
    ...more(unlisted(gained) + unlisted(lost) + unlisted(changed), 'session', 2),
  ];
}

interface Counted {
  readonly count: number;
  readonly mesh: number;
  readonly first: readonly unknown[];
}

function countText({ count: all, mesh }: Counted, what: string): string {
  const ofMesh = mesh === 0 ? '' : ` (${String(mesh)} of the mesh)`;
  return `${String(all)} ${what}${ofMesh}`;
}

/** Those of the mesh have their number above, unless they are listed as well. */
function unlisted({ count: all, mesh, first }: Counted): number {
  const others = all - mesh;
  return first.length > others ? all - first.length : others - first.length;
}

function line(sign: '+' | '-' | '~', text: string): PartLine {
  return { depth: 2, sign, text };
}

const types: Readonly<Record<Session['type'], string>> = {
  ibgp: 'iBGP',
  ebgp: 'eBGP',
  unknown: 'BGP',
};

const origins: Readonly<Record<Session['origin'], string>> = {
  configuration: 'a peer of the node',
  mesh: 'of the mesh',
  calico: 'mirrored by Calico',
};

function sessionText(session: Session): string {
  const { reasons = [], origin } = session;
  return `${neighbourText(session)}: ${typeText(session)}, ${origins[origin]}${because(reasons)}`;
}

/** Only what differs is said twice. */
function changedText(before: Session, after: Session): string {
  const [was, is] = [typeText(before), typeText(after)];
  const type = was === is ? is : `${was} → ${is}`;
  const [from, to] = [origins[before.origin], origins[after.origin]];
  const origin = from === to ? to : `${from} → ${to}`;
  return `${neighbourText(after)}: ${type}, ${origin}${because(after.reasons ?? [])}`;
}

function neighbourText({ neighbor, port, node }: Session): string {
  const at = port === undefined ? neighbor : `${neighbor} port ${String(port)}`;
  return node === undefined ? at : `${at} (${node})`;
}

function typeText({ type, localAs, remoteAs }: Session): string {
  if (localAs !== undefined && localAs === remoteAs) return `${types[type]}, AS ${String(localAs)}`;
  const [own, other] = [localAs, remoteAs].map((one) => String(one ?? "the cluster's"));
  return `${types[type]}, AS ${own ?? ''} to AS ${other ?? ''}`;
}

export function resourceLines(
  { action, kind, name, why, fields }: ResourceChange,
  depth: number,
): readonly PartLine[] {
  const title = `${kind} ${name}`;
  if (action === 'delete') {
    return [{ depth, sign: '-', text: why === undefined ? title : `${title}   because ${why}` }];
  }
  const isNew = action === 'create';
  return [
    { depth, sign: isNew ? '+' : '~', text: title },
    ...fields.map(({ path, before, after, reasons }) => {
      const value = isNew ? shown(after) : `${shown(before)} → ${shown(after)}`;
      return { depth: depth + 1, text: `${path}: ${value}${because(reasons)}` };
    }),
  ];
}

function more(left: number, noun: string, depth = 1): readonly PartLine[] {
  return left > 0 ? [{ depth, text: count(left, `more ${noun}`) }] : [];
}
