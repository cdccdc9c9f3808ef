import type { Family, Group } from '../config/model.ts';
import type { NodeFacts } from '../facts/facts.ts';
import type { Rule, Rules } from './rules.ts';

/** A rule that a node matches, with the values that decide its rank. */
export interface MatchedRule {
  readonly group: Group;
  /** Its strongest kind of match: unit or node name, then label selector, then subnet. */
  readonly rank: 'name' | 'selector' | 'subnet';
  /** The length of its longest subnet that holds the node's address of that family. */
  readonly prefixLengths: PrefixLengths;
}

type PrefixLengths = Readonly<Partial<Record<Family, number>>>;

/** The matching rules in the model's order. Every kind of match that a rule has must hit. */
export function matchRules(rules: Rules, facts: NodeFacts): readonly MatchedRule[] {
  const prefixLengths = subnetHits(rules, facts);
  const kinds = [
    new Set(facts.units.flatMap((unit) => [...(rules.byUnit.get(unit) ?? [])])),
    rules.byNode.get(facts.name.toLowerCase()) ?? new Set<Rule>(),
    prefixLengths,
  ];
  const hits = new Map<Rule, number>();
  for (const rule of rules.bySelectorOnly) if (selects(rule.group, facts)) hits.set(rule, 0);
  for (const kind of kinds) {
    for (const rule of kind.keys()) hits.set(rule, (hits.get(rule) ?? 0) + 1);
  }
  return [...hits]
    .filter(([rule, count]) => count === rule.indexedKinds && selects(rule.group, facts))
    .sort(([one], [other]) => one.order - other.order)
    .map(([rule]) => ({
      group: rule.group,
      rank: rankOf(rule.group),
      prefixLengths: prefixLengths.get(rule) ?? {},
    }));
}

function subnetHits(rules: Rules, facts: NodeFacts): ReadonlyMap<Rule, PrefixLengths> {
  const hits = new Map<Rule, PrefixLengths>();
  for (const address of facts.addresses) {
    for (const { prefixLength, values } of rules.bySubnet.matches(address)) {
      for (const rule of values) {
        // The longest comes first: a shorter one of the same rule changes nothing.
        hits.set(rule, { [address.family]: prefixLength, ...hits.get(rule) });
      }
    }
  }
  return hits;
}

function selects({ match }: Group, facts: NodeFacts): boolean {
  return match.selector === undefined || match.selector.value.matches(facts.labels);
}

function rankOf({ match }: Group): MatchedRule['rank'] {
  if (match.units !== undefined || match.nodes !== undefined) return 'name';
  return match.selector === undefined ? 'subnet' : 'selector';
}
