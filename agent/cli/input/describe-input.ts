/** The content of a configuration in one line, so that a person sees how it was read. */
import type { Match, NetworkModel } from '../../../core/config/model.ts';
import type { FleetInput } from './fleet-input.ts';
import { counted } from '../../../runtime/cli/issue-report.ts';

export function describeFleetInput({ model, nodes }: FleetInput): string {
  const parts = model === undefined ? [] : describeModel(model);
  if (nodes !== undefined) parts.push(`checked against ${counted(nodes.length, 'node')}`);
  const text = parts.join(', ');
  const kind = model?.platform?.kind;
  // Whether a setting fits depends on the files of each node, which this command does not read.
  return kind === undefined
    ? text
    : `${text}; calico-agent plan checks its settings of ${kind} on a node`;
}

function describeModel(model: NetworkModel): string[] {
  const { bgp, groups, pools } = model;
  const matched = (kind: 'subnets' | 'units' | 'nodes'): number =>
    new Set(groups.flatMap(({ match }) => valuesOf(match, kind))).size;
  const peers = new Set(
    [...bgp.peers, ...groups.flatMap((group) => group.peers)].map(
      ({ address, port }) => `${address} ${port ?? ''}`,
    ),
  );
  const counts: readonly (readonly [number, string])[] = [
    [matched('subnets'), 'subnet'],
    [matched('units'), 'unit'],
    [matched('nodes'), 'named node'],
    [groups.filter(({ match }) => match.selector !== undefined).length, 'label selector'],
    [peers.size, 'peer'],
    [pools?.length ?? 0, 'pool'],
  ];
  return [
    model.dialect === 'charm' ? 'charm options' : 'a NetworkConfig',
    ...counts.filter(([count]) => count > 0).map(([count, noun]) => counted(count, noun)),
  ];
}

function valuesOf(match: Match, kind: 'subnets' | 'units' | 'nodes'): string[] {
  if (kind === 'subnets') return match.subnets?.map(({ value }) => value.cidr) ?? [];
  return match[kind]?.map(({ value }) => value) ?? [];
}
