/** Reads the groups of the native dialect: their nodes, and the settings for them. */
import type { Findings } from '../../findings.ts';
import { withoutUndefined } from '../../without-undefined.ts';
import type { Located } from '../yaml/located.ts';
import type { Group, Match, Sourced } from '../model.ts';
import { fieldsOf, itemsOf, scalarOf, textOf } from '../yaml/read-values.ts';
import { readClusterId } from '../values/cluster-id.ts';
import { readAsNumber, readPeers } from '../peer/read-peers.ts';
import { readSelector } from '../values/selector-text.ts';
import { readSubnet } from '../values/subnet.ts';
import { readUnit } from '../values/unit.ts';

export function readGroups(
  list: Located | undefined,
  unitApplication: string,
  findings: Findings,
): Group[] {
  return itemsOf(list).flatMap((item) => {
    const group = readGroup(item, unitApplication, findings);
    return group === undefined ? [] : [group];
  });
}

function readGroup(item: Located, unitApplication: string, findings: Findings): Group | undefined {
  const fields = fieldsOf(item);
  const name = textOf(fields.get('name'));
  const match = readMatch(fields.get('match'), unitApplication, findings);
  const settings = withoutUndefined({
    label: textOf(fields.get('label')),
    asNumber: readAsNumber(fields.get('asNumber'), findings),
    routeReflectorClusterId: readClusterId(fields.get('routeReflectorClusterId'), findings),
    peers: readPeers(fields.get('peers'), 'asNumber', findings),
  });
  if (name === undefined || match === undefined) return undefined;
  const hasSetting = ['asNumber', 'routeReflectorClusterId', 'peers'].some((key) =>
    fields.has(key),
  );
  if (!hasSetting) {
    const message = `group "${name.value}" sets nothing`;
    const hint = 'give it an asNumber, a routeReflectorClusterId or peers, or take it away';
    findings.warning(item.place, 'group-empty', message, hint);
  }
  return { name: name.value, title: `group ${name.value}`, match, ...settings, place: item.place };
}

function readMatch(
  node: Located | undefined,
  unitApplication: string,
  findings: Findings,
): Match | undefined {
  if (node?.kind !== 'map') return undefined;
  const fields = fieldsOf(node);
  if (fields.size === 0) {
    const hint = 'name subnets, units, nodes or a selector; selector: all() is every node';
    findings.error(node.place, 'match-empty', 'this group does not name its nodes', hint);
  }
  for (const [key, value] of fields) {
    if (value.kind !== 'list' || value.items.length > 0) continue;
    const message = `an empty list of ${key} matches no node`;
    const hint = `take ${key} away if it is not to restrict the group, or fill it in`;
    findings.error(value.place, 'match-empty', message, hint);
  }
  const list = <T>(
    key: string,
    read: (item: Located) => Sourced<T> | undefined,
  ): readonly Sourced<T>[] | undefined =>
    fields.get(key)?.kind === 'list'
      ? itemsOf(fields.get(key)).flatMap((item) => read(item) ?? [])
      : undefined;
  return withoutUndefined({
    subnets: list('subnets', (item) => {
      const text = textOf(item);
      return text && readSubnet(text, findings);
    }),
    units: list('units', (item) => {
      const scalar = scalarOf(item);
      const text = scalar && { value: scalar.source, place: scalar.place };
      return text && readUnit(text, unitApplication, 'any', findings);
    }),
    nodes: list('nodes', nodeNameOf),
    selector: readSelector(fields.get('selector'), 'selector', findings),
  });
}

/** In lower case, as Calico and Kubernetes have all node names. */
function nodeNameOf(item: Located): Sourced<string> | undefined {
  const name = textOf(item);
  return name && { ...name, value: name.value.toLowerCase() };
}
