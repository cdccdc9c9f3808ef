/** The completion scripts, one function per shell. Names and values are our own plain words. */
import type { CompletedCommand, CompletedOption } from './words.ts';

export type Shell = 'bash' | 'zsh' | 'fish';

export const completionScripts: Readonly<
  Record<Shell, (program: string, commands: readonly CompletedCommand[]) => string>
> = { bash, zsh, fish };

function bash(program: string, commands: readonly CompletedCommand[]): string {
  const shellFunction = functionOf(program);
  const names = commands.map(({ name }) => name).join(' ');
  return `# bash completion for ${program}
${shellFunction}() {
  local current=\${COMP_WORDS[COMP_CWORD]} previous=\${COMP_WORDS[COMP_CWORD-1]}
  local words= files=
  if (( COMP_CWORD == 1 )); then
    words="${names} --help --version"
  else
    case "\${COMP_WORDS[1]}" in
${commands.map(bashWords).join('\n')}
    esac
    case "\${COMP_WORDS[1]} $previous" in
${commands.flatMap(bashValues).join('\n')}
    esac
  fi
  if [[ -n $files && $current != -* ]]; then
    mapfile -t COMPREPLY < <(compgen -f -- "$current")
  else
    mapfile -t COMPREPLY < <(compgen -W "$words" -- "$current")
  fi
}
complete -o filenames -F ${shellFunction} ${program}
`;
}

/** `_calico_agent`: shells allow no hyphen in the name of a function. */
function functionOf(program: string): string {
  return `_${program.replaceAll('-', '_')}`;
}

function bashWords({ name, options, takesArgument }: CompletedCommand): string {
  const flags = options.flatMap((option) => option.flags).join(' ');
  return `      ${name}) words="${flags}" files=${takesArgument ? '1' : ''} ;;`;
}

/**
 * The completions after an option with a value, or after a command whose argument has a few values.
 */
function bashValues({ name, options, argumentValues }: CompletedCommand): string[] {
  const ofOptions = options
    .filter(({ takesValue }) => takesValue)
    .map(({ flags, values, valuesFrom }) =>
      bashCase(
        flags.map((flag) => `"${name} ${flag}"`).join('|'),
        valuesFrom === undefined ? values : [`$(${valuesFrom} 2>/dev/null)`],
      ),
    );
  return argumentValues.length === 0
    ? ofOptions
    : [...ofOptions, bashCase(`"${name} ${name}"`, argumentValues)];
}

function bashCase(pattern: string, values: readonly string[]): string {
  return values.length === 0
    ? `      ${pattern}) files=1 ;;`
    : `      ${pattern}) words="${values.join(' ')}" files= ;;`;
}

function zsh(program: string, commands: readonly CompletedCommand[]): string {
  const shellFunction = functionOf(program);
  const names = commands.map(({ name, summary }) => `    '${name}:${zshText(summary)}'`);
  return `#compdef ${program}
${shellFunction}() {
  local -a commands
  commands=(
${names.join('\n')}
  )
  if (( CURRENT == 2 )); then
    _describe command commands
    return
  fi
  local command=$words[2]
  shift words
  (( CURRENT-- ))
  case $command in
${commands.map(zshCase).join('\n')}
  esac
}
if [ "$funcstack[1]" = "_${program}" ]; then
  ${shellFunction} "$@"
else
  compdef ${shellFunction} ${program}
fi
`;
}

function zshCase({ name, options, argumentValues, takesArgument }: CompletedCommand): string {
  const argument =
    argumentValues.length > 0 ? `'1:value:(${argumentValues.join(' ')})'` : "'1:file:_files'";
  const specs = [...options.flatMap(zshOption), ...(takesArgument ? [argument] : [])];
  return `    ${name}) _arguments ${specs.join(' ')} ;;`;
}

function zshOption({ flags, summary, takesValue, values, valuesFrom }: CompletedOption): string[] {
  const known = values.length === 0 ? '_files' : `(${values.join(' ')})`;
  // Within single quotes: the shell runs the command at each completion.
  const value = valuesFrom === undefined ? known : `{compadd -- $(${valuesFrom} 2>/dev/null)}`;
  return flags.map(
    (flag) => `'*${flag}[${zshText(summary)}]${takesValue ? `:value:${value}` : ''}'`,
  );
}

/**
 * Escapes a text within single quotes and brackets, where quotes, brackets and colons have a
 * meaning.
 */
function zshText(text: string): string {
  return text.replaceAll("'", '’').replaceAll(/[[\]:]/g, ' ');
}

function fish(program: string, commands: readonly CompletedCommand[]): string {
  const complete = `complete -c ${program}`;
  const lines = commands.flatMap((command) => [
    `${complete} -n __fish_use_subcommand -f -a ${command.name} -d '${fishText(command.summary)}'`,
    ...command.options.map((option) => fishOption(complete, command.name, option)),
    ...command.argumentValues.map(
      (value) => `${complete} -n '__fish_seen_subcommand_from ${command.name}' -f -a ${value}`,
    ),
  ]);
  return [`# fish completion for ${program}`, ...lines, ''].join('\n');
}

function fishOption(
  complete: string,
  command: string,
  { flags, summary, takesValue, values, valuesFrom }: CompletedOption,
): string {
  const names = flags.map((flag) =>
    flag.startsWith('--') ? `-l ${flag.slice(2)}` : `-s ${flag.slice(1)}`,
  );
  const words = valuesFrom === undefined ? values.join(' ') : `(${valuesFrom} 2>/dev/null)`;
  const value = !takesValue ? '' : words === '' ? ' -r' : ` -x -a '${words}'`;
  return `${complete} -n '__fish_seen_subcommand_from ${command}' ${names.join(' ')}${value} -d '${fishText(summary)}'`;
}

function fishText(text: string): string {
  return text.replaceAll('\\', '').replaceAll("'", '’');
}
