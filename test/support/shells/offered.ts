/** What a real zsh or fish offers for lines that end at the cursor, with the completion script of a program. */
import { spawnSync } from 'node:child_process';
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { lacks } from '../skips/needs.cjs';

export type AskedShell = 'zsh' | 'fish';

export interface Asking {
  readonly program: string;
  /** The completion script. */
  readonly script: string;
  readonly lines: readonly string[];
  /** Where the shell runs; its own files are in `<folder>.shell` meanwhile. */
  readonly folder: string;
  /** First in PATH. */
  readonly programs: string;
  readonly env?: Readonly<Record<string, string>>;
}

/** Skips the test, or the suite, where the shell is missing. */
export function needsShell(context: Mocha.Context, shell: AskedShell): void {
  if (spawnSync(shell, ['--version']).status === 0) return;
  lacks(`the shell ${shell}`, shell);
  context.skip();
}

/** @returns the words for each line, sorted */
export async function wordsOffered(
  shell: AskedShell,
  { program, script, lines, folder, programs, env = {} }: Asking,
): Promise<ReadonlyMap<string, readonly string[]>> {
  const own = `${folder}.shell`;
  await mkdir(own, { recursive: true });
  const file = (name: string): string => path.join(own, name);
  const answers = file('answers');
  await writeFile(file('lines'), lines.map((line) => `${line}\n`).join(''));
  await writeFile(answers, '');
  // A shell that completes a command finds the script under this name.
  await writeFile(file(`_${program}`), script);
  await writeFile(file('.zshrc'), zshSetup);
  await writeFile(file('ask'), shell === 'zsh' ? zshAsk : fishAsk);
  const args = shell === 'zsh' ? ['-f'] : ['--no-config'];
  const { status, stderr } = spawnSync(shell, [...args, file('ask')], {
    cwd: folder,
    encoding: 'utf8',
    timeout: 60_000,
    env: {
      ...{
        PATH: `${programs}:${process.env['PATH'] ?? ''}`,
        TERM: 'dumb',
        HOME: own,
        ZDOTDIR: own,
      },
      ...{ SCRIPT: file(`_${program}`), LINES_FILE: file('lines'), ANSWERS: answers },
      // fish makes folders there, also without settings.
      ...{ XDG_CONFIG_HOME: own, XDG_DATA_HOME: own, XDG_CACHE_HOME: own },
      ...env,
    },
  });
  const found = await readFile(answers, 'utf8');
  await rm(own, { recursive: true });
  if (status !== 0) throw new Error(`${shell} ended with ${String(status)}: ${stderr}`);
  return parse(found);
}

/** A line of the person is behind `> `; the words follow it, in fish each with its description. */
function parse(text: string): ReadonlyMap<string, readonly string[]> {
  const answers = new Map<string, string[]>();
  let words: string[] = [];
  for (const line of text.split('\n')) {
    if (line.startsWith('> ')) answers.set(line.slice(2), (words = []));
    else if (line !== '') words.push(line.split('\t')[0] ?? '');
  }
  return new Map([...answers].map(([line, found]) => [line, [...new Set(found)].sort()]));
}

const fishAsk = `
source $SCRIPT
while read -l line
  echo "> $line" >> $ANSWERS
  complete -C $line >> $ANSWERS
end < $LINES_FILE
`;

/** Only a line editor completes, and only a terminal has one. */
const zshAsk = `
zmodload zsh/zpty || exit
zpty shell 'zsh -d -i'
zpty -r shell seen '*THE END*'
`;

const zshSetup = `
PROMPT= RPROMPT=
setopt no_beep no_auto_list no_auto_menu
fpath=($ZDOTDIR $fpath)
autoload -Uz compinit
compinit -D -u
typeset -a found
# Notes what is added; a call with -O, -A or -D only compares.
compadd() {
  local -a hits
  if [[ " \${@[1,(i)(-|--)]} " == *' '-(O|A|D)* ]]; then
    builtin compadd "$@"
    return
  fi
  builtin compadd -O hits "$@"
  found+=("\${hits[@]}")
  builtin compadd "$@"
}
zle -C offer complete-word _main_complete
answer() {
  local line
  while IFS= read -r line; do
    found=() BUFFER=$line CURSOR=$#line
    zle offer
    print -rl -- "> $line" "\${(@Q)found}" >> $ANSWERS
  done < $LINES_FILE
  print -r -- 'THE END'
}
zle -N zle-line-init answer
`;
