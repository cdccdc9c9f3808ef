/** The completion script of bash. */
import {
  functionOf,
  valuedFlags,
  type CompletedCommand,
  type CompletedOption,
  type CompletedProgram,
  type ValueSource,
} from './words.ts';

/** The words of the line become those of the program first: bash separates them also at each `:` and `=`. */
export function bash({ name: program, options, commands }: CompletedProgram): string {
  const shellFunction = functionOf(program);
  const names = commands.map(({ name }) => name).join(' ');
  const valued = valuedFlags(options);
  const inner = commands.flatMap(innerCases);
  return `# bash completion for ${program}
${shellFunction}() {
  local -a line=() place=() behind=() asked=()
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
  local last=$(( \${#line[@]} - 1 )) command= inner= words= files=
  local current=\${line[last]} previous=\${line[last-1]}
  for (( i = 1; i < last; i++ )); do
    case "$command \${line[i]}" in
${valued.length === 0 ? '' : `      ${valued.map((flag) => `" ${flag}"`).join('|')}) (( ++i < last )) && place+=("\${line[i-1]}" "\${line[i]}") ;;\n`}      *" --socket"|*" --cluster") (( ++i < last )) && behind+=("\${line[i-1]}" "\${line[i]}") ;;
      " -"*) ;;
      " "*) command=\${line[i]}; (( i + 1 < last )) && inner=\${line[i+1]} ;;
    esac
  done
  place=("\${place[@]/#\\~\\//$HOME/}") behind=("\${behind[@]/#\\~\\//$HOME/}")
  case "$command" in
    "") words="${[names, ...options.flatMap(({ flags }) => flags)].join(' ')}" ;;
${commands.map(ofCommand).join('\n')}
  esac
${inner.length === 0 ? '' : `  case "$command $inner" in\n${inner.join('\n')}\n  esac\n`}  case "$command $previous" in
${[...optionValues('', options), ...commands.flatMap(valuesOf)].join('\n')}
  esac
  if (( \${#asked[@]} > 0 )) && [[ $current != -* ]]; then
    words=$(${program} "\${place[@]}" "\${asked[@]}" "\${behind[@]}" 2>/dev/null)
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

/** The completions of the arguments of its own commands. */
function innerCases({ name, innerArguments }: CompletedCommand): readonly string[] {
  return innerArguments.map((one) => `    "${name} ${one.name}") files= asked=(${one.command}) ;;`);
}

function ofCommand({ name, options, firstValues, argumentsFrom }: CompletedCommand): string {
  const flags = options.flatMap((option) => option.flags).join(' ');
  const isAsked = argumentsFrom?.kind === 'asked';
  const takesFiles = !isAsked && (argumentsFrom !== undefined || firstValues.length > 0);
  const asked = isAsked ? ` asked=(${argumentsFrom.command})` : '';
  return `    ${name}) words="${flags}" files=${takesFiles ? '1' : ''}${asked} ;;`;
}

/** The completions after an option with a value, or after a command whose argument has a few values. */
function valuesOf({ name, options, firstValues }: CompletedCommand): readonly string[] {
  const ofOptions = optionValues(name, options);
  if (firstValues.length === 0) return ofOptions;
  return [...ofOptions, valueCase(`"${name} ${name}"`, { kind: 'words', words: firstValues })];
}

/** @param command empty: the options stand before it */
function optionValues(command: string, options: readonly CompletedOption[]): readonly string[] {
  return options.flatMap(({ flags, value }) =>
    value === undefined
      ? []
      : [valueCase(flags.map((flag) => `"${command} ${flag}"`).join('|'), value)],
  );
}

function valueCase(pattern: string, value: ValueSource): string {
  if (value.kind === 'files') return `    ${pattern}) files=1 asked=() ;;`;
  if (value.kind === 'asked') return `    ${pattern}) words= files= asked=(${value.command}) ;;`;
  return `    ${pattern}) words="${value.words.join(' ')}" files= asked=() ;;`;
}
