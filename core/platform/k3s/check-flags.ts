/** Checks single keys and values of K3s' configuration, for any node. */
import { nearestName } from '../../nearest-name.ts';
import { printable } from '../../printable.ts';
import type { PlatformIssue } from '../../../schemas/generated/agent-api/platform.ts';
import { fileIssue } from '../file-issues.ts';
import { flagKind, flagNames, isServerOnly } from './flags.ts';
import type { CommandLine } from './command-line.ts';
import { inForce, type GivenFlags, type GivenValue, type MergedFiles } from './merge.ts';

export function checkFlags(given: GivenFlags, role: 'server' | 'agent'): PlatformIssue[] {
  return [...given].flatMap(([name, values]) => {
    const [first] = values;
    if (first === undefined) return [];
    const kind = flagKind(name);
    if (kind === undefined) return [unknownFlag(name, first, role)];
    if (role === 'agent' && isServerOnly(name)) return [ofServersOnly(name, first)];
    // K3s reads all values of a switch, and not only the last one.
    const checked =
      kind === 'switch'
        ? values.flatMap((value) => checkSwitch(name, value))
        : inForce(given, name).flatMap((value) => checkText(name, value));
    return [...checked, ...checkForms(name, values)];
  });
}

/** Source: urfave/cli, normalizeFlags. */
function checkForms(name: string, values: readonly GivenValue[]): readonly PlatformIssue[] {
  const long = values.find(({ short, kind }) => short === undefined && kind !== 'environment');
  const short = values.find((value) => value.short !== undefined);
  if (long === undefined || short === undefined) return [];
  const { file, line } = long.place;
  const where = line === undefined ? file : `${file}, line ${String(line)}`;
  return [
    fileIssue('error', short.place, {
      code: 'k3s-two-forms',
      message: `${name} is given as "${short.short ?? ''}" here and by its long name in ${where}: K3s does not start with two forms of one flag`,
      hint: `write ${name} in both places`,
    }),
  ];
}

/**
 * A server skips a key of a file that it does not know; an agent refuses to start with it. Source:
 * k3s pkg/configfilearg/defaultparser.go, ValidFlags; issue 6565 of k3s-io/k3s.
 */
function unknownFlag(
  name: string,
  { kind, place }: GivenValue,
  role: 'server' | 'agent',
): PlatformIssue {
  const nearest = nearestName(name, flagNames());
  const isSkipped = kind === 'file' && role === 'server';
  const what = isSkipped
    ? 'K3s skips a key that it does not know, with a warning in its log'
    : `a K3s ${role} does not start with a flag that it does not know`;
  const severity = isSkipped ? (nearest === undefined ? 'note' : 'warning') : 'error';
  return fileIssue(severity, place, {
    code: 'k3s-unknown-flag',
    message: `"${printable(name.slice(0, 64))}" is no flag of K3s that the agent knows: ${what}`,
    hint: nearest === undefined ? `k3s ${role} --help lists them` : `did you mean ${nearest}?`,
  });
}

function ofServersOnly(name: string, { place }: GivenValue): PlatformIssue {
  return fileIssue('error', place, {
    code: 'k3s-server-only',
    message: `${name} is a flag of servers: a K3s agent does not start with it, in a file or on the command line`,
    hint: 'take it away here, and set it on all servers: agents learn it from them',
  });
}

/** Go's ParseBool takes these and nothing else. */
const switchValues = /^(?:1|t|T|TRUE|true|True|0|f|F|FALSE|false|False)$/;

function checkSwitch(name: string, { text, place }: GivenValue): readonly PlatformIssue[] {
  if (switchValues.test(text)) return [];
  const message =
    text === ''
      ? `${name} has no value: K3s does not start with an empty switch`
      : `${name} is a switch, and K3s does not start with a value that is neither true nor false`;
  const hint = `write ${name}: true, or take the line away`;
  return [fileIssue('error', place, { code: 'k3s-no-switch-value', message, hint })];
}

function checkText(name: string, { item, text, place }: GivenValue): readonly PlatformIssue[] {
  if (item?.trap === undefined) return [];
  const source = printable(item.source.slice(0, 64));
  const trap =
    item.trap === 'boolean'
      ? `K3s reads YAML 1.1, in which ${source} is the boolean ${text}`
      : `K3s reads YAML 1.1, in which ${source} is the number ${text}`;
  return [
    fileIssue('warning', place, {
      code: item.trap === 'boolean' ? 'k3s-yaml-boolean' : 'k3s-yaml-number',
      message: `${name} is not what it looks like: ${trap}`,
      hint: `put it in quotes: ${name}: "${source}"`,
    }),
  ];
}

/** Extra words after a value: `--disable traefik servicelb` disables traefik alone. */
export function checkStrays({ strays }: CommandLine): PlatformIssue[] {
  const [first] = strays;
  if (first === undefined) return [];
  return [
    fileIssue('warning', first.place, {
      code: 'k3s-stray-word',
      message: `${String(strays.length)} word${strays.length === 1 ? '' : 's'} of the command line belong to no flag, and K3s ignores them`,
      hint: 'each value has its own flag: --disable traefik --disable servicelb',
    }),
  ];
}

/** A list in a later file replaces the earlier one. */
export function checkReplaced({ replaced }: MergedFiles): PlatformIssue[] {
  return replaced.flatMap(({ key, by, earlier }) => {
    if (flagKind(key) !== 'list') return [];
    const where = `${earlier.file}, line ${String(earlier.line ?? 0)}`;
    return [
      fileIssue('warning', by.place, {
        code: 'k3s-list-replaced',
        message: `${key} takes the place of the values in ${where}, which do not count any more`,
        hint: `to add to them write ${key}+ here, and in every file after this one`,
      }),
    ];
  });
}
