/** The output of a built program for --help, and for the --help of each of its commands. */
import { run } from '../package/run.ts';

export interface CommandHelp {
  /** `lxd apply`, without the program's name. */
  readonly command: string;
  readonly text: string;
}

export interface ProgramHelp {
  readonly overview: string;
  /** In the order of the overview; a command stands before its own commands. */
  readonly commands: readonly CommandHelp[];
}

/** @param program path of the bundled program */
export async function readHelp(program: string): Promise<ProgramHelp> {
  const overview = await helpOf(program, []);
  return { overview, commands: await commandsBelow(program, [], overview) };
}

async function commandsBelow(
  program: string,
  above: readonly string[],
  overview: string,
): Promise<readonly CommandHelp[]> {
  const found = await Promise.all(
    commandNames(overview).map(async (name) => {
      const path = [...above, name];
      const text = await helpOf(program, path);
      return [{ command: path.join(' '), text }, ...(await commandsBelow(program, path, text))];
    }),
  );
  return found.flat();
}

async function helpOf(program: string, command: readonly string[]): Promise<string> {
  // Nothing of this environment, because some options show it as their default.
  return run(process.execPath, [program, ...command, '--help'], {});
}

function commandNames(help: string): readonly string[] {
  const [, list = ''] = help.split(/^Commands:$/m);
  const names = list.split('\n\n')[0]?.matchAll(/^ {2}([a-z][-a-z0-9]*)/gm) ?? [];
  return [...names].flatMap(([, name]) => (name === undefined || name === 'help' ? [] : [name]));
}
