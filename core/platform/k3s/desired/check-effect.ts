/** Whether K3s would get what the configuration asks for, with our file among all that it reads. */
import { issueAt } from '../../../findings.ts';
import type { Issue } from '../../../issue.ts';
import { printable } from '../../../printable.ts';
import { flagKind } from '../flags.ts';
import type { FilePlace } from '../../file-issues.ts';
import { isTrue, type ReadGiven } from '../given-flags.ts';
import {
  inForce,
  itemsInForce,
  itemsOf,
  type GivenFlags,
  type GivenValue,
  type MergedFiles,
} from '../merge.ts';
import type { DesiredFlag } from './desired-flags.ts';

/** @param dropIn the path of our file. @param unit `k3s` or `k3s-agent` */
export function checkEffect(
  flag: DesiredFlag,
  { given, files }: ReadGiven,
  dropIn: string,
  unit: string,
): readonly Issue[] {
  if (isInEffect(flag, given)) return [];
  const { place, what, hint } = culpritOf(flag, given, files, dropIn, unit);
  const { file, line } = place;
  const where = printable(line === undefined ? file : `${file}, line ${String(line)}`);
  const asked = flag.form === 'value' ? flag.value : flag.values.join(', ');
  const asks = asked === '' ? 'asks for none' : `asks for ${printable(asked)}`;
  const message = `${flag.setting} ${asks}, and ${where} ${what}`;
  return [issueAt(flag.place, 'error', 'k3s-not-effective', message, hint)];
}

function isInEffect(flag: DesiredFlag, given: GivenFlags): boolean {
  const values = inForce(given, flag.name);
  switch (flag.form) {
    case 'value': {
      const last = values.at(-1);
      return last === undefined || sameText(flag, last.text);
    }
    case 'list':
      return itemsInForce(given, flag.name).join() === flag.values.join();
    case 'items': {
      const items = itemsOf(values);
      return (
        flag.values.every((item) => items.includes(item)) &&
        !flag.never.some((item) => items.includes(item))
      );
    }
  }
}

interface Culprit {
  readonly place: FilePlace;
  /** Completes "FILE, line 3 …". */
  readonly what: string;
  readonly hint: string;
}

function culpritOf(
  flag: DesiredFlag,
  given: GivenFlags,
  { replaced }: MergedFiles,
  dropIn: string,
  unit: string,
): Culprit {
  const { name } = flag;
  const values = inForce(given, name);
  const others = values.filter(({ place }) => place.file !== dropIn);
  const later = replaced.findLast(({ key, by }) => key === name && by.place.file !== dropIn);
  if (later !== undefined && others.length === values.length && flag.form !== 'value') {
    const text = later.by.items.map((item) => item.text).join(', ');
    const what = text === '' ? `takes all of ${name} away` : `gives ${name} anew: ${shown(text)}`;
    return { place: later.by.place, what, hint: hintForFile(flag, dropIn) };
  }
  const isStrange = (value: GivenValue): boolean =>
    flag.form === 'list' && itemsOf([value]).some((item) => !flag.values.includes(item));
  const isForbidden = (value: GivenValue): boolean =>
    flag.form === 'items' && itemsOf([value]).some((item) => flag.never.includes(item));
  const value = others.find((one) => isStrange(one) || isForbidden(one)) ?? others.at(-1);
  if (value === undefined) return { place: { file: dropIn }, what: 'has no effect', hint: '' };
  const verb =
    flag.form === 'value'
      ? 'wins with'
      : isStrange(value)
        ? 'adds'
        : flag.form === 'list'
          ? 'gives in another order'
          : 'gives';
  return {
    place: value.place,
    what: `${verb} ${name} ${shown(value.text)}`,
    hint: hintFor(value, flag, dropIn, unit),
  };
}

function shown(text: string): string {
  return printable(text.slice(0, 128));
}

function sameText(
  { name, value }: DesiredFlag & { readonly form: 'value' },
  text: string,
): boolean {
  return flagKind(name) === 'switch' ? isTrue(text) === isTrue(value) : text === value;
}

function hintFor(
  { kind, short }: GivenValue,
  flag: DesiredFlag,
  dropIn: string,
  unit: string,
): string {
  if (kind === 'environment') return 'take the variable away';
  if (kind === 'file') return hintForFile(flag, dropIn);
  const written = short === undefined ? `--${flag.name}` : `-${short}`;
  return `take ${written} out of ExecStart: systemctl edit --full ${unit}`;
}

function hintForFile({ name }: DesiredFlag, dropIn: string): string {
  return `take ${name} out of that file: K3s reads it after ${dropIn}`;
}
