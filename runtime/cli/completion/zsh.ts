/** The completion script of zsh. */
import {
  functionOf,
  valuedFlags,
  type CompletedCommand,
  type CompletedOption,
  type CompletedProgram,
  type InnerArguments,
  type ValueSource,
} from './words.ts';

export function zsh({ name: program, options, commands }: CompletedProgram): string {
  const shellFunction = functionOf(program);
  const names = commands.map(({ name, summary }) => `    '${name}:${plain(summary)}'`);
  const valued = valuedFlags(options);
  const skipped =
    valued.length === 0
      ? ''
      : `      ${valued.join('|')}) (( at + 1 < CURRENT )) && place+=("$words[at]" "$words[at+1]"); (( at += 2 )) ;;
      ${valued.map((flag) => `${flag}=*`).join('|')}) place+=("$words[at]"); (( at += 1 )) ;;\n`;
  const specs = options.flatMap((option) => optionSpecs(shellFunction, option));
  return `#compdef ${program}
${shellFunction}() {
  local -a commands place behind
  commands=(
${names.join('\n')}
  )
  local -i at=2 i
  while (( at < CURRENT )); do
    case $words[at] in
${skipped}      -*) (( at += 1 )) ;;
      *) break ;;
    esac
  done
  if (( at >= CURRENT )); then
    local state
    _arguments ${specs.join(' ')} '*:command:->command'
    [[ $state == command ]] && _describe command commands
    return
  fi
  local command=$words[at]
  for (( i = at + 1; i < CURRENT; i++ )); do
    case $words[i] in
      --socket|--cluster) (( i + 1 < CURRENT )) && behind+=("$words[i]" "$words[i+1]") ;;
      --socket=*|--cluster=*) behind+=("$words[i]") ;;
    esac
  done
  shift $(( at - 1 )) words
  (( CURRENT -= at - 1 ))
  case $command in
${commands.map((command) => commandCase(shellFunction, command)).join('\n')}
  esac
}
${shellFunction}_asked() {
  place=("\${(@)\${(@Q)place}/#\\~\\//$HOME/}") behind=("\${(@)\${(@Q)behind}/#\\~\\//$HOME/}")
  compadd -- \${(f)"$(${program} "\${(@)place}" "$@" "\${(@)behind}" 2>/dev/null)"}
}
if [ "$funcstack[1]" = "_${program}" ]; then
  ${shellFunction} "$@"
else
  compdef ${shellFunction} ${program}
fi
`;
}

function commandCase(
  shellFunction: string,
  { name, options, firstValues, argumentsFrom, innerArguments }: CompletedCommand,
): string {
  const specs = [
    ...options.flatMap((option) => optionSpecs(shellFunction, option)),
    ...(firstValues.length === 0 ? [] : [`'1:value:(${firstValues.join(' ')})'`]),
    // All of them: the value of an option that may have one looks like an argument.
    ...(innerArguments.length > 0
      ? [`'*:value:${innerAction(shellFunction, innerArguments, argumentsFrom)}'`]
      : argumentsFrom === undefined
        ? []
        : [`'*:value:${action(shellFunction, argumentsFrom)}'`]),
  ];
  return `    ${name}) _arguments ${specs.join(' ')} ;;`;
}

function optionSpecs(shellFunction: string, { flags, summary, value }: CompletedOption): string[] {
  const behind = value === undefined ? '' : `:value:${action(shellFunction, value)}`;
  return flags.map((flag) => {
    const joined = value !== undefined && flag.startsWith('--') ? '=' : '';
    return `'*${flag}${joined}[${plain(summary)}]${behind}'`;
  });
}

function action(shellFunction: string, value: ValueSource): string {
  if (value.kind === 'files') return '_files';
  if (value.kind === 'words') return `(${value.words.join(' ')})`;
  return `{${shellFunction}_asked ${value.command}}`;
}

/** By the word behind the command. */
function innerAction(
  shellFunction: string,
  inner: readonly InnerArguments[],
  others: ValueSource | undefined,
): string {
  const cases = inner.map(({ name, command }) => `${name}) ${shellFunction}_asked ${command} ;;`);
  const rest = others?.kind === 'files' ? ['*) _files ;;'] : [];
  return `{case $words[2] in ${[...cases, ...rest].join(' ')} esac}`;
}

/** A text within single quotes and brackets, where quotes, brackets and colons have a meaning. */
function plain(text: string): string {
  return text.replaceAll("'", '’').replaceAll(/[[\]:]/g, ' ');
}
