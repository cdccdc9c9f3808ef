/**
 * K3s' configuration, as K3s puts it together: the files become arguments in front of the command
 * line.
 * A later file replaces a key, or adds to it as `key+`; then each flag is read by its kind: of a
 * single
 * flag the last one wins, a repeatable one adds up, also over files and command line. An
 * environment
 * variable counts where no flag is given. Sources: k3s pkg/configfilearg/parser.go; urfave/cli.
 */
import type { PlatformValue } from '../../../schemas/generated/agent-api/platform.ts';
import type { Variable } from '../systemd/environment.ts';
import type { FilePlace } from '../file-issues.ts';
import type { ConfigEntry, ConfigItem } from './parse-config-file.ts';
import { flagKind, networkFlags, shortNames } from './flags.ts';
import type { Argument } from './command-line.ts';

/** One value that K3s gets for a flag. */
export interface GivenValue {
  readonly text: string;
  readonly kind: 'file' | 'command-line' | 'environment';
  readonly place: FilePlace;
  /** Absent: it does not come from YAML. */
  readonly item?: ConfigItem;
  /** The short name by which it was given; absent: the long one. */
  readonly short?: string;
}

/** The values of each flag as K3s gets them, in its order; the last one of a single flag counts. */
export type GivenFlags = ReadonlyMap<string, readonly GivenValue[]>;

/** A value of an earlier file that a later one replaced. */
export interface Replaced {
  readonly key: string;
  readonly by: ConfigEntry;
  readonly earlier: FilePlace;
}

export interface MergedFiles {
  readonly values: ReadonlyMap<string, readonly GivenValue[]>;
  readonly replaced: readonly Replaced[];
}

/** @param files the entries of each file, in the order in which K3s reads them */
export function mergeFiles(files: readonly (readonly ConfigEntry[])[]): MergedFiles {
  const values = new Map<string, Pick<ConfigEntry, 'items' | 'isList' | 'place'>>();
  const replaced: Replaced[] = [];
  for (const entry of files.flat()) {
    const { key, appends, items, isList, place } = entry;
    const before = values.get(key);
    if (before === undefined || !appends) {
      if (before !== undefined) replaced.push({ key, by: entry, earlier: before.place });
      values.set(key, { items, isList, place });
    } else {
      values.set(key, {
        items: [...listed(before), ...listed(entry)],
        isList: true,
        place: before.place,
      });
    }
  }
  return {
    values: new Map([...values].map(([key, { items }]) => [key, items.map(fromFile)])),
    replaced,
  };
}

/** A single value that is null adds nothing; null within a list is an empty value. */
function listed({ items, isList }: Pick<ConfigEntry, 'items' | 'isList'>): readonly ConfigItem[] {
  return isList ? items : items.filter(({ isNull }) => isNull !== true);
}

function fromFile(item: ConfigItem): GivenValue {
  return { text: item.text, kind: 'file', place: item.place, item };
}

export function mergeFlags(
  files: MergedFiles,
  commandLine: readonly Argument[],
  variables: readonly Variable[],
): GivenFlags {
  const given = new Map<string, readonly GivenValue[]>();
  const add = (key: string, value: readonly GivenValue[]): void => {
    const name = shortNames[key] ?? key;
    given.set(name, [...(given.get(name) ?? []), ...value]);
  };
  for (const [key, values] of files.values) add(key, withShort(key, values));
  for (const { name, text, place, short } of commandLine) {
    add(name, [{ text, kind: 'command-line', place, ...(short !== undefined && { short }) }]);
  }
  for (const [name, { variable }] of networkFlags) {
    if (variable === undefined || given.has(name)) continue;
    const found = variables.findLast((one) => one.name === variable && one.value !== '');
    if (found === undefined) continue;
    const { value: text, file, line } = found;
    add(name, [{ text, kind: 'environment', place: { file, line } }]);
  }
  return given;
}

function withShort(key: string, values: readonly GivenValue[]): readonly GivenValue[] {
  return shortNames[key] === undefined ? values : values.map((value) => ({ ...value, short: key }));
}

/** The effective values: all of a list, else the last one. */
export function inForce(given: GivenFlags, name: string): readonly GivenValue[] {
  const values = given.get(name) ?? [];
  return flagKind(name) === 'list' ? values : values.slice(-1);
}

/** As one text; the default when the flag is not given; undefined: there is none either. */
export function textInForce(given: GivenFlags, name: string): string | undefined {
  const values = inForce(given, name);
  return values.length === 0
    ? networkFlags.get(name)?.default
    : values.map(({ text }) => text).join(',');
}

/**
 * A repeatable flag may also have several values separated by commas; the default when it is not
 * given.
 */
export function itemsInForce(given: GivenFlags, name: string): readonly string[] {
  return itemsOfText(textInForce(given, name) ?? '');
}

export function itemsOf(values: readonly GivenValue[]): readonly string[] {
  return values.flatMap(({ text }) => itemsOfText(text));
}

function itemsOfText(text: string): readonly string[] {
  return text
    .split(',')
    .map((item) => item.trim())
    .filter((item) => item !== '');
}

/** The network's values in the order of the flags' table, with their places. */
export function shownValues(given: GivenFlags, role: 'server' | 'agent'): PlatformValue[] {
  return [...networkFlags].flatMap(([name, flag]): PlatformValue[] => {
    const values = inForce(given, name);
    if (role === 'agent' && flag.serverOnly === true && values.length === 0) return [];
    const text = textInForce(given, name);
    if (text === undefined) return [];
    const from = values.map(({ kind, place: { file, line } }) => ({
      kind,
      file,
      ...(line !== undefined && { line }),
    }));
    return [{ name, value: text, from: from.length > 0 ? from : [{ kind: 'default' }] }];
  });
}
