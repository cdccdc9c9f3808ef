/** The completion scripts, one function per shell. Names and values are our own plain words. */
import type { CompletedCommand, CompletedOption, CompletedProgram } from './words.ts';

export type Shell = 'bash' | 'zsh' | 'fish';

export const completionScripts: Readonly<Record<Shell, (program: CompletedProgram) => string>> = {
  bash,
  zsh,
  fish,
};

/**
 * The words of the line become those of the program first: bash separates them also at each `:` and `=`.
 * What stands before the command, and its socket, say where a controller is asked for values.
 */
function bash({ name: program, options, commands }: CompletedProgram): string {
  const shellFunction = functionOf(program);
  const names = commands.map(({ name }) => name).join(' ');
  const valued = options.filter(({ takesValue }) => takesValue).flatMap(({ flags }) => flags);
  return `# bash completion for ${program}
${shellFunction}() {
  local -a line=() place=() socket=()
  local i word glue=
  for (( i = 0; i <= COMP_CWORD; i++ )); do
    word=\${COMP_WORDS[i]}
    if [[ $word == "=" && \${line[-1]} == --* ]]; then
      (( i < COMP_CWORD )) || line+=("")
    elif (( i > 0 )) && [[ -n $glue || $word =~ ^[:=]+$ ]]; then
      line[-1]+=$word
      [[ $word =~ ^[:=]+$ ]] && glue=1 || glue=
    else
      line+=("$word")
    fi
  done
  local last=$(( \${#line[@]} - 1 )) command= words= files=
  local current=\${line[last]} previous=\${line[last-1]}
  for (( i = 1; i < last; i++ )); do
    case "$command \${line[i]}" in
${valued.length === 0 ? '' : `      ${valued.map((flag) => `" ${flag}"`).join('|')}) (( ++i < last )) && place+=("\${line[i-1]}" "\${line[i]}") ;;\n`}      *" --socket") socket=("\${line[i]}" "\${line[i+1]}") ;;
      " -"*) ;;
      " "*) command=\${line[i]} ;;
    esac
  done
  place=("\${place[@]/#\\~\\//$HOME/}") socket=("\${socket[@]/#\\~\\//$HOME/}")
  case "$command" in
    "") words="${[names, ...options.flatMap(({ flags }) => flags)].join(' ')}" ;;
${commands.map(bashWords).join('\n')}
  esac
  case "$command $previous" in
${[...optionValues(program, '', options), ...commands.flatMap((one) => bashValues(program, one))].join('\n')}
  esac
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
  return `    ${name}) words="${flags}" files=${takesArgument ? '1' : ''} ;;`;
}

/**
 * The completions after an option with a value, or after a command whose argument has a few values.
 */
function bashValues(
  program: string,
  { name, options, argumentValues }: CompletedCommand,
): readonly string[] {
  const ofOptions = optionValues(program, name, options);
  return argumentValues.length === 0
    ? ofOptions
    : [...ofOptions, bashCase(`"${name} ${name}"`, argumentValues)];
}

/** @param command empty: the options stand before it */
function optionValues(
  program: string,
  command: string,
  options: readonly CompletedOption[],
): readonly string[] {
  return options
    .filter(({ takesValue }) => takesValue)
    .map(({ flags, values, valuesFrom }) =>
      bashCase(
        flags.map((flag) => `"${command} ${flag}"`).join('|'),
        valuesFrom === undefined
          ? values
          : [`$(${program} "\${place[@]}" ${valuesFrom} "\${socket[@]}" 2>/dev/null)`],
      ),
    );
}

function bashCase(pattern: string, values: readonly string[]): string {
  return values.length === 0
    ? `    ${pattern}) files=1 ;;`
    : `    ${pattern}) words="${values.join(' ')}" files= ;;`;
}

function zsh({ name: program, options, commands }: CompletedProgram): string {
  const shellFunction = functionOf(program);
  const names = commands.map(({ name, summary }) => `    '${name}:${zshText(summary)}'`);
  const valued = options.filter(({ takesValue }) => takesValue).flatMap(({ flags }) => flags);
  const skipped = valued.length === 0 ? '' : `      ${valued.join('|')}) (( at += 2 )) ;;\n`;
  const specs = options.flatMap((option) => zshOption(program, option));
  return `#compdef ${program}
${shellFunction}() {
  local -a commands
  commands=(
${names.join('\n')}
  )
  local -i at=2
  while (( at < CURRENT )); do
    case $words[at] in
${skipped}      -*) (( at += 1 )) ;;
      *) break ;;
    esac
  done
  if (( at >= CURRENT )); then
    local state
    _arguments ${specs.join(' ')} '1:command:->command'
    [[ $state == command ]] && _describe command commands
    return
  fi
  local command=$words[at]
  shift $(( at - 1 )) words
  (( CURRENT -= at - 1 ))
  case $command in
${commands.map((command) => zshCase(program, command)).join('\n')}
  esac
}
if [ "$funcstack[1]" = "_${program}" ]; then
  ${shellFunction} "$@"
else
  compdef ${shellFunction} ${program}
fi
`;
}

function zshCase(
  program: string,
  { name, options, argumentValues, takesArgument }: CompletedCommand,
): string {
  const argument =
    argumentValues.length > 0 ? `'1:value:(${argumentValues.join(' ')})'` : "'1:file:_files'";
  const ofOptions = options.flatMap((option) => zshOption(program, option));
  const specs = [...ofOptions, ...(takesArgument ? [argument] : [])];
  return `    ${name}) _arguments ${specs.join(' ')} ;;`;
}

function zshOption(
  program: string,
  { flags, summary, takesValue, values, valuesFrom }: CompletedOption,
): string[] {
  const known = values.length === 0 ? '_files' : `(${values.join(' ')})`;
  // Within single quotes: the shell runs the command at each completion.
  const value =
    valuesFrom === undefined ? known : `{compadd -- $(${program} ${valuesFrom} 2>/dev/null)}`;
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

function fish({ name: program, options, commands }: CompletedProgram): string {
  const complete = `complete -c ${program}`;
  const before = '-n __fish_use_subcommand';
  const lines = commands.flatMap((command) => {
    const behind = `-n '__fish_seen_subcommand_from ${command.name}'`;
    return [
      `${complete} ${before} -f -a ${command.name} -d '${fishText(command.summary)}'`,
      ...command.options.map((option) => `${complete} ${behind} ${fishOption(program, option)}`),
      ...command.argumentValues.map((value) => `${complete} ${behind} -f -a ${value}`),
    ];
  });
  return [
    `# fish completion for ${program}`,
    ...options.map((option) => `${complete} ${before} ${fishOption(program, option)}`),
    ...lines,
    '',
  ].join('\n');
}

function fishOption(
  program: string,
  { flags, summary, takesValue, values, valuesFrom }: CompletedOption,
): string {
  const names = flags.map((flag) =>
    flag.startsWith('--') ? `-l ${flag.slice(2)}` : `-s ${flag.slice(1)}`,
  );
  const words =
    valuesFrom === undefined ? values.join(' ') : `(${program} ${valuesFrom} 2>/dev/null)`;
  const value = !takesValue ? '' : words === '' ? ' -r' : ` -x -a '${words}'`;
  return `${names.join(' ')}${value} -d '${fishText(summary)}'`;
}

function fishText(text: string): string {
  return text.replaceAll('\\', '').replaceAll("'", '’');
}
