/** The completion script of fish. */
import {
  functionOf,
  valuedFlags,
  type CompletedCommand,
  type CompletedOption,
  type CompletedProgram,
  type ValueSource,
} from './words.ts';

export function fish({ name: program, options, commands }: CompletedProgram): string {
  const shellFunction = `_${functionOf(program)}`;
  const complete = `complete -c ${program}`;
  const before = `-n '${shellFunction}_at ""'`;
  const valued = valuedFlags(options);
  const lines = commands.flatMap((command) => [
    `${complete} ${before} -f -a ${command.name} -d '${plain(command.summary)}'`,
    ...commandLines(complete, shellFunction, command),
  ]);
  return [
    `# fish completion for ${program}`,
    functions(program, shellFunction, valued),
    ...options.map((option) => `${complete} ${before} ${optionText(shellFunction, option)}`),
    ...lines,
    '',
  ].join('\n');
}

/** What a line says so far: `_at COMMAND` is true where COMMAND is its command; "": it has none yet. */
function functions(program: string, shellFunction: string, valued: readonly string[]): string {
  const takes =
    valued.length === 0 ? '' : `      case ${valued.join(' ')}\n        set at (math $at + 2)\n`;
  const placed =
    valued.length === 0
      ? ''
      : `      case ${valued.join(' ')}
        test $i -lt $last; and set -a place $two
        set i (math $i + 1)\n`;
  return `function ${shellFunction}_index
  set -l words (commandline -opc)
  set -l at 2
  while test $at -le (count $words)
    switch $words[$at]
${takes}      case '-*'
        set at (math $at + 1)
      case '*'
        break
    end
  end
  echo $at
end
function ${shellFunction}_at
  set -l words (commandline -opc)
  set -l at (${shellFunction}_index)
  test "$words[$at]" = "$argv[1]"
end
function ${shellFunction}_asked
  set -l words (commandline -opc)
  set -l at (${shellFunction}_index)
  set -l last (count $words)
  set -l place
  set -l behind
  set -l i 2
  while test $i -le $last
    set -l two $words[$i] $words[(math $i + 1)]
    if test $i -lt $at
      switch $words[$i]
${placed}      case '--*=*'
        set -a place $words[$i]
      end
    else
      switch $words[$i]
      case --socket --cluster
        test $i -lt $last; and set -a behind $two
        set i (math $i + 1)
      case '--socket=*' '--cluster=*'
        set -a behind $words[$i]
      end
    end
    set i (math $i + 1)
  end
  set place (string replace -r '^~/' $HOME/ -- $place)
  set behind (string replace -r '^~/' $HOME/ -- $behind)
  ${program} $place $argv $behind 2>/dev/null
end`;
}

function commandLines(
  complete: string,
  shellFunction: string,
  { name, options, firstValues, argumentsFrom, innerArguments }: CompletedCommand,
): readonly string[] {
  const at = `${shellFunction}_at ${name}`;
  const chosen = firstValues.join(' ');
  const isFree = argumentsFrom === undefined && firstValues.length === 0;
  return [
    ...(isFree ? [`${complete} -n '${at}' -f`] : []),
    ...options.map((option) => `${complete} -n '${at}' ${optionText(shellFunction, option)}`),
    ...(firstValues.length === 0
      ? []
      : [
          `${complete} -n '${at}; and not __fish_seen_subcommand_from ${chosen}' -f -a '${chosen}'`,
        ]),
    ...(argumentsFrom?.kind === 'asked'
      ? [`${complete} -n '${at}' -f -a '${values(shellFunction, argumentsFrom)}'`]
      : []),
    ...innerArguments.map((inner) => {
      const where = `${at}; and __fish_seen_subcommand_from ${inner.name}`;
      return `${complete} -n '${where}' -f -a '(${shellFunction}_asked ${inner.command})'`;
    }),
  ];
}

function optionText(shellFunction: string, { flags, summary, value }: CompletedOption): string {
  const names = flags.map((flag) =>
    flag.startsWith('--') ? `-l ${flag.slice(2)}` : `-s ${flag.slice(1)}`,
  );
  const taken =
    value === undefined
      ? ''
      : value.kind === 'files'
        ? ' -r'
        : ` -x -a '${values(shellFunction, value)}'`;
  return `${names.join(' ')}${taken} -d '${plain(summary)}'`;
}

function values(shellFunction: string, value: Exclude<ValueSource, { kind: 'files' }>): string {
  return value.kind === 'words'
    ? value.words.join(' ')
    : `(${shellFunction}_asked ${value.command})`;
}

function plain(text: string): string {
  return text.replaceAll('\\', '').replaceAll("'", '’');
}
