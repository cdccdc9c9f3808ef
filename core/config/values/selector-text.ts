/** Selectors in a configuration. */
import type { Findings } from '../findings.ts';
import type { Sourced } from '../model.ts';
import { parseSelector, type Selector } from '../selector.ts';

/** A fault is placed inside the selector's text, at its column. */
export function readSelector(
  text: Sourced<string> | undefined,
  option: string,
  findings: Findings,
): Sourced<Selector> | undefined {
  if (text === undefined) return undefined;
  if (text.value.trim() === '') {
    const message = 'the selector is empty';
    findings.error(text.place, 'selector-empty', message, 'write all() if all nodes are meant');
    return undefined;
  }
  const parsed = parseSelector(text.value);
  if (parsed.ok) return { value: parsed.selector, place: text.place };
  const place = { ...text.place, inside: { option, line: 1, column: parsed.column } };
  findings.error(place, 'selector-invalid', `cannot read the selector: ${parsed.message}`);
  return undefined;
}
