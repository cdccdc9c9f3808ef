/**
 * Our file in config.yaml.d: which flags have to stand in it so that K3s gets what the configuration
 * asks for, beside everything else that K3s reads.
 */
import { itemsOf, type GivenValue } from '../merge.ts';
import type { DesiredFlag } from './desired-flags.ts';

/** K3s reads the folder by name: after digits, capitals and nearly all names that people choose. */
export const dropInName = 'zz-calico-agent.yaml';

/** One line of our file. */
export interface DropInLine {
  /** With the `+` where it adds. */
  readonly key: string;
  /** As YAML, in quotes or plain true and false. */
  readonly yaml: string;
  readonly flag: DesiredFlag;
}

/** The values that other files and the command line give for a flag, without our file. */
export interface OtherValues {
  readonly files: readonly GivenValue[];
  readonly commandLine: readonly GivenValue[];
}

/** undefined: nothing has to be written for it. */
export function lineOf(flag: DesiredFlag, others: OtherValues): DropInLine | undefined {
  switch (flag.form) {
    case 'value':
      return { key: flag.name, yaml: scalar(flag.value), flag };
    case 'list':
      return listLine(flag, others);
    case 'items':
      return itemsLine(flag, others);
  }
}

/** The command line adds to the files, so the file has only what the command line lacks. */
function listLine(
  flag: DesiredFlag & { readonly form: 'list' },
  { files, commandLine }: OtherValues,
): DropInLine | undefined {
  const given = itemsOf(commandLine);
  const lacking = flag.values.filter((value) => !given.includes(value));
  if (lacking.length > 0) return { key: flag.name, yaml: quote(lacking.join(',')), flag };
  // An empty list takes the values of the other files away.
  return files.length === 0 ? undefined : { key: flag.name, yaml: '[]', flag };
}

function itemsLine(
  flag: DesiredFlag & { readonly form: 'items' },
  { files }: OtherValues,
): DropInLine | undefined {
  const given = itemsOf(files);
  const unwelcome = given.filter((item) => flag.never.includes(item));
  if (unwelcome.length === 0) {
    if (flag.values.length === 0) return undefined;
    return { key: `${flag.name}+`, yaml: listOf(flag.values), flag };
  }
  const kept = given.filter((item) => !flag.never.includes(item) && !flag.values.includes(item));
  return { key: flag.name, yaml: listOf([...kept, ...flag.values]), flag };
}

function scalar(value: string): string {
  return value === 'true' || value === 'false' ? value : quote(value);
}

function listOf(values: readonly string[]): string {
  return `[${values.map(quote).join(', ')}]`;
}

/** YAML's double quotes are those of JSON. */
function quote(value: string): string {
  return JSON.stringify(value);
}

const head = [
  '# calico-agent writes this file from its network configuration. Edit the configuration, not the file:',
  '# calico-agent puts back what others change here.',
];

/** undefined: no file is needed. */
export function dropInText(lines: readonly DropInLine[]): string | undefined {
  if (lines.length === 0) return undefined;
  return [...head, ...lines.map(({ key, yaml }) => `${key}: ${yaml}`), ''].join('\n');
}
