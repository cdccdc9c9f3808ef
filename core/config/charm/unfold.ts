/** Replaces YAML strings by their content, so that options are the same in each form. */
import { textBounds } from '../../input/bounds.ts';
import { textBudget, type TextBudget } from '../yaml/text-budget.ts';
import type { Findings } from '../../findings.ts';
import { locateInside } from '../yaml/located-yaml.ts';
import type { Located, LocatedEntry, LocatedMap, LocatedScalar } from '../yaml/located.ts';
import { asJujuReads } from './juju-values.ts';
import { charmOptions, type CharmOption } from './options.ts';

/**
 * null is unset, as config-get prints it; of a YAML option it is, like an empty string, its empty
 * value. An option whose YAML is broken is reported and left out.
 */
export function unfold(options: LocatedMap, findings: Findings): LocatedMap {
  const budget = textBudget(textBounds.option);
  const entries = options.entries.flatMap((entry): LocatedEntry[] => {
    const option = charmOptions.get(entry.key);
    if (entry.value.kind !== 'scalar' || option === undefined) return [entry];
    const value = unfoldScalar(entry.value, option, budget, findings);
    return value === undefined ? [] : [{ ...entry, value }];
  });
  return { ...options, entries };
}

function unfoldScalar(
  scalar: LocatedScalar,
  option: CharmOption,
  budget: TextBudget,
  findings: Findings,
): Located | undefined {
  const { name, holds } = option;
  if (holds === undefined) return scalar.value === null ? undefined : asJujuReads(scalar, option);
  if (scalar.value === null) return emptyOf(holds, scalar);
  if (typeof scalar.value !== 'string') return scalar;
  const inside = locateInside(scalar, name, budget);
  if (!inside.ok) {
    findings.add(inside.issues);
    return undefined;
  }
  const isEmpty = inside.root.kind === 'scalar' && inside.root.value === null;
  return isEmpty ? emptyOf(holds, scalar) : inside.root;
}

function emptyOf(holds: 'mapping' | 'list', { place }: LocatedScalar): Located {
  return holds === 'list'
    ? { kind: 'list', items: [], place }
    : { kind: 'map', entries: [], place };
}
