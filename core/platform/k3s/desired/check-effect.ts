/** Whether K3s would get what the configuration asks for, with our file among all that it reads. */
import { issueAt } from '../../../findings.ts';
import type { Issue } from '../../../issue.ts';
import { printable } from '../../../printable.ts';
import { flagKind } from '../flags.ts';
import { isTrue } from '../given-flags.ts';
import { inForce, itemsInForce, itemsOf, type GivenFlags, type GivenValue } from '../merge.ts';
import type { DesiredFlag } from './desired-flags.ts';

/** @param dropIn the path of our file. @param unit `k3s` or `k3s-agent` */
export function checkEffect(
  flag: DesiredFlag,
  given: GivenFlags,
  dropIn: string,
  unit: string,
): readonly Issue[] {
  const culprit = culpritOf(flag, given, dropIn);
  if (culprit === undefined) return [];
  const { value, what } = culprit;
  const { file, line } = value.place;
  const where = printable(line === undefined ? file : `${file}, line ${String(line)}`);
  const asked = flag.form === 'value' ? flag.value : flag.values.join(', ');
  const asks = asked === '' ? 'asks for none' : `asks for ${printable(asked)}`;
  const message = `${flag.setting} ${asks}, and ${where} ${what} ${flag.name} ${printable(value.text.slice(0, 128))}`;
  return [
    issueAt(flag.place, 'error', 'k3s-not-effective', message, hintFor(value, flag, dropIn, unit)),
  ];
}

interface Culprit {
  readonly value: GivenValue;
  /** Completes "FILE, line 3 … NAME VALUE". */
  readonly what: string;
}

function culpritOf(flag: DesiredFlag, given: GivenFlags, dropIn: string): Culprit | undefined {
  const values = inForce(given, flag.name);
  const others = values.filter(({ place }) => place.file !== dropIn);
  if (flag.form === 'value') {
    const last = values.at(-1);
    if (last === undefined || sameText(flag, last.text)) return undefined;
    return { value: last, what: 'wins with' };
  }
  if (flag.form === 'list') {
    if (itemsInForce(given, flag.name).join() === flag.values.join()) return undefined;
    const strange = others.find((value) =>
      itemsOf([value]).some((item) => !flag.values.includes(item)),
    );
    const value = strange ?? others.at(-1);
    return value && { value, what: strange === undefined ? 'gives in another order' : 'adds' };
  }
  const items = itemsOf(values);
  const forbidden = others.find((value) =>
    itemsOf([value]).some((item) => flag.never.includes(item)),
  );
  if (forbidden !== undefined) return { value: forbidden, what: 'gives' };
  if (flag.values.every((item) => items.includes(item))) return undefined;
  const replaces = others.find(({ kind }) => kind === 'file') ?? others.at(-1);
  return replaces && { value: replaces, what: 'replaces the list with' };
}

function sameText(
  { name, value }: DesiredFlag & { readonly form: 'value' },
  text: string,
): boolean {
  return flagKind(name) === 'switch' ? isTrue(text) === isTrue(value) : text === value;
}

function hintFor(
  { kind, short }: GivenValue,
  { name }: DesiredFlag,
  dropIn: string,
  unit: string,
): string {
  if (kind === 'command-line') {
    const written = short === undefined ? `--${name}` : `-${short}`;
    return `take ${written} out of ExecStart: systemctl edit --full ${unit}`;
  }
  if (kind === 'environment') return 'take the variable away';
  return `take ${name} out of that file: K3s reads it after ${dropIn}`;
}
