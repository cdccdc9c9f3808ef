/**
 * Notes about subnets within subnets. They are allowed, and the longest wins, but may be a mistake.
 */
import type { Findings } from '../../findings.ts';
import type { Group, Network, Sourced } from '../model.ts';
import { indexNetworks } from './network-index.ts';

interface Rule {
  readonly network: Network;
  readonly asNumber: Sourced<number>;
}

/** One note per outer subnet, at the first inner one. */
export function checkOverlappingSubnets(groups: readonly Group[], findings: Findings): void {
  const byCidr = new Map(groups.flatMap(rulesOf).map((rule) => [rule.network.cidr, rule] as const));
  const rules = [...byCidr.values()];
  const index = indexNetworks(rules.map((rule) => [rule.network, rule] as const));
  const inner = new Map<string, { readonly outer: Rule; readonly rules: Rule[] }>();
  for (const rule of rules) {
    const [outer] = index.around(rule.network);
    if (outer === undefined || outer.asNumber.value === rule.asNumber.value) continue;
    const known = inner.get(outer.network.cidr) ?? { outer, rules: [] };
    known.rules.push(rule);
    inner.set(outer.network.cidr, known);
  }
  for (const found of inner.values()) report(found.outer, found.rules, findings);
}

function rulesOf({ match, asNumber }: Group): Rule[] {
  if (asNumber === undefined || match.subnets === undefined) return [];
  return match.subnets.map(({ value }) => ({ network: value, asNumber }));
}

function report(outer: Rule, [first, ...others]: readonly Rule[], findings: Findings): void {
  if (first === undefined) return;
  const more = others.length === 0 ? '' : `, as do ${others.length} more`;
  const message = `${first.network.cidr} (AS number ${first.asNumber.value}) lies within ${outer.network.cidr} (AS number ${outer.asNumber.value})${more}: the longest subnet wins`;
  findings.note(first.asNumber.place, 'subnet-overlap', message);
}
