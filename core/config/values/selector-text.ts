/** Selectors in a configuration. */
import type { Findings } from '../../findings.ts';
import type { Located } from '../yaml/located.ts';
import { placesInside } from '../yaml/located-yaml.ts';
import type { Sourced } from '../model.ts';
import { scalarOf } from '../yaml/read-values.ts';
import { meantSelector } from '../net/meant-selector.ts';
import { parseSelector, type Selector } from '../net/selector.ts';

/** Reads a selector. The place of a fault is in the selector's text, at its column. */
export function readSelector(
  node: Located | undefined,
  option: string,
  findings: Findings,
): Sourced<Selector> | undefined {
  const scalar = scalarOf(node);
  if (typeof scalar?.value !== 'string') return undefined;
  const { value: text, place } = scalar;
  if (text.trim() === '') {
    const message = 'the selector is empty';
    findings.error(place, 'selector-empty', message, 'write all() if all nodes are meant');
    return undefined;
  }
  const parsed = parseSelector(text);
  if (parsed.ok) return { value: parsed.selector, place };
  const fault = placesInside(scalar, option)(parsed.column - 1);
  const meant = meantSelector(text);
  findings.error(
    fault,
    'selector-invalid',
    `cannot read the selector: ${parsed.message}`,
    meant && `did you mean ${meant}`,
  );
  return undefined;
}
