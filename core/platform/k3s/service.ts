/** How systemd starts K3s: the unit with its drop-ins → the command line and the variables. */
import type { PlatformIssue } from '../../../schemas/generated/agent-api/platform.ts';
import { fileIssue } from '../file-issues.ts';
import type { HostFile } from '../host-file.ts';
import { parseEnvironmentFile, variablesOfLine, type Variable } from '../systemd/environment.ts';
import { parseUnit, type UnitLine } from '../systemd/parse-unit.ts';
import { splitWords } from '../systemd/split-words.ts';
import { parseCommandLine, type CommandLine } from './command-line.ts';

export interface UnitFile {
  readonly file: string;
  readonly text: string;
}

export interface K3sService extends CommandLine {
  readonly variables: readonly Variable[];
  readonly issues: readonly PlatformIssue[];
}

/** The files of EnvironmentFile=, in order. A leading `-`: it may be missing. `%N` is the unit's name. */
export function environmentFiles(unit: string, files: readonly UnitFile[]): readonly string[] {
  const lines = serviceLines(files).filter(({ key }) => key === 'EnvironmentFile');
  return sinceReset(lines).map(({ value }) => value.replace(/^-/, '').replaceAll('%N', unit));
}

/** @param files the unit, then its drop-ins in the order of systemd */
export function readService(
  unit: string,
  files: readonly UnitFile[],
  environment: readonly HostFile[],
): K3sService {
  const lines = serviceLines(files);
  const variables = [
    ...sinceReset(lines.filter(({ key }) => key === 'Environment')).flatMap(variablesOfLine),
    ...environment.flatMap((file) =>
      file.state === 'text' ? parseEnvironmentFile(file.path, file.text) : [],
    ),
  ];
  const [start, second] = sinceReset(lines.filter(({ key }) => key === 'ExecStart'));
  if (start === undefined) return { flags: [], strays: [], variables, issues: [] };
  const expansion = {
    variable: (name: string) => variables.findLast((one) => one.name === name)?.value,
    specifier: (letter: string) =>
      letter === 'n' ? `${unit}.service` : letter === 'N' ? unit : undefined,
  };
  const [, ...words] = splitWords(start.value, expansion).map(({ text, index }) => ({
    text,
    place: { file: start.file, line: start.lineAt(index) },
  }));
  return {
    ...parseCommandLine(words),
    variables,
    issues: second === undefined ? [] : [twoStarts(second)],
  };
}

function serviceLines(files: readonly UnitFile[]): readonly UnitLine[] {
  return files
    .flatMap(({ file, text }) => parseUnit(file, text))
    .filter(({ section }) => section === 'Service');
}

/** An empty assignment forgets the ones before it. Source: systemd.syntax(7). */
function sinceReset(lines: readonly UnitLine[]): readonly UnitLine[] {
  const reset = lines.findLastIndex(({ value }) => value === '');
  return lines.slice(reset + 1);
}

function twoStarts({ file, lineAt }: UnitLine): PlatformIssue {
  return fileIssue(
    'error',
    { file, line: lineAt(0) },
    {
      code: 'unit-two-starts',
      message: 'a second ExecStart= is added to the first one: systemd refuses the unit',
      hint: 'write an empty line "ExecStart=" above it, which forgets the first one; then systemctl daemon-reload',
    },
  );
}
