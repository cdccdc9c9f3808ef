/** Parts of a draft, by the JSON pointer that the parser names when it refuses one. */
import type { Issue } from '../../issue.ts';
import { nameSome } from '../../name-some.ts';
import type { BgpSettings, Draft, GroupDraft, PeerDraft } from '../draft.ts';
import { allLeftOut, exportIssue } from './left-out.ts';

/**
 * The pointers of parts that can be taken out; the first one that fits counts. All pools may be
 * taken out together, and are then not managed.
 */
const cuts = [
  /^\/bgp\/peers\/\d+/,
  /^\/bgp\/\w+/,
  /^\/pools(?:\/\d+)?/,
  /^\/groups\/\d+\/peers\/\d+/,
  /^\/groups\/\d+\/(?:peers|label|asNumber|routeReflectorClusterId)/,
  /^\/groups\/\d+/,
];

/** The part's pointer, and the issue that names it; undefined: there is nothing to take out. */
export function refusedPart(
  draft: Draft,
  { pointer, message, hint }: Issue,
): readonly [string, Issue] | undefined {
  const part = cuts.flatMap((cut) => cut.exec(pointer)?.[0] ?? [])[0];
  if (part === undefined) return undefined;
  const why = `is refused (${message})`;
  const [, section, index = '', field, inner] = part.split('/');
  if (section === 'pools') {
    const pools = index === '' ? draft.pools : draft.pools.filter((_, at) => `${at}` === index);
    return [
      part,
      allLeftOut(
        pools.map(({ from }) => from),
        why,
        hint,
      ),
    ];
  }
  if (section === 'bgp') {
    const peers = index === 'peers' ? chosen(draft.bgp.peers, field) : undefined;
    return [
      part,
      peers === undefined ? settingLeftOut(index, message, hint) : peersLeftOut(peers, why, hint),
    ];
  }
  const group = draft.groups[Number(index)];
  if (group === undefined) return undefined;
  if (field === 'asNumber' || field === 'routeReflectorClusterId' || group.peers.length === 0) {
    return [part, nodesLeftOut(group, field ?? 'match', message, hint)];
  }
  return [part, peersLeftOut(chosen(group.peers, inner), why, hint)];
}

function chosen(peers: readonly PeerDraft[], index: string | undefined): readonly PeerDraft[] {
  return index === undefined ? peers : peers.filter((_, at) => `${at}` === index);
}

function peersLeftOut(peers: readonly PeerDraft[], why: string, hint: string | undefined): Issue {
  return allLeftOut(
    peers.flatMap(({ from }) => from),
    why,
    hint,
  );
}

function settingLeftOut(field: string, message: string, hint: string | undefined): Issue {
  const text = `BGPConfiguration "default" has a ${field} that is refused (${message}): it is left out, and stays in the cluster as it is, not managed`;
  return exportIssue('warning', 'export-field-left-out', text, hint);
}

/** A document with groups manages these two fields of all nodes. */
function nodesLeftOut(
  group: GroupDraft,
  field: string,
  message: string,
  hint: string | undefined,
): Issue {
  const nodes = 'nodes' in group.match ? nameSome(group.match.nodes) : group.match.selector;
  const text = `what nodes have as ${field} is refused (${message}), so on ${nodes}: it is left out, and applying a document with groups takes it away`;
  return exportIssue('warning', 'export-field-left-out', text, hint);
}

export function withoutParts({ bgp, pools, groups }: Draft, parts: ReadonlySet<string>): Draft {
  const kept = <T>(list: readonly T[], at: string): readonly T[] =>
    parts.has(at) ? [] : list.filter((_, index) => !parts.has(`${at}/${index}`));
  const { peers, settings, ...others } = bgp;
  return {
    bgp: {
      ...withoutFields(others, '/bgp', parts),
      settings: withoutRefused(settings, parts),
      peers: kept(peers, '/bgp/peers'),
    },
    pools: kept(pools, '/pools'),
    groups: groups
      .map((group, index): GroupDraft => {
        const at = `/groups/${index}`;
        const { name, comments, match, peers: ofGroup, ...values } = group;
        const rest = withoutFields(values, at, parts);
        return { name, comments, match, ...rest, peers: kept(ofGroup, `${at}/peers`) };
      })
      .filter((group, index) => !parts.has(`/groups/${index}`) && saysSomething(group)),
  };
}

function withoutRefused(settings: BgpSettings, parts: ReadonlySet<string>): BgpSettings {
  return Object.fromEntries(
    Object.entries(settings).filter(([setting]) => !parts.has(`/bgp/${setting}`)),
  );
}

function withoutFields<T extends object>(
  fields: T,
  at: string,
  parts: ReadonlySet<string>,
): Partial<T>;
function withoutFields(fields: object, at: string, parts: ReadonlySet<string>): object {
  return Object.fromEntries(
    Object.entries(fields).filter(([field]) => !parts.has(`${at}/${field}`)),
  );
}

function saysSomething({ asNumber, routeReflectorClusterId, peers }: GroupDraft): boolean {
  return asNumber !== undefined || routeReflectorClusterId !== undefined || peers.length > 0;
}
