import { byText } from '../by-text.ts';
import type { Match } from './model.ts';

/** The same text for matches that name the same nodes with the same words, in any order. */
export function matchIdentity({ subnets, units, nodes, selector }: Match): string {
  return JSON.stringify({
    subnets: subnets && sorted(subnets.map(({ value }) => value.cidr)),
    units: units && sorted(units.map(({ value }) => value)),
    nodes: nodes && sorted(nodes.map(({ value }) => value)),
    selector: selector?.value.text,
  });
}

function sorted(values: readonly string[]): readonly string[] {
  return [...new Set(values)].sort(byText);
}
