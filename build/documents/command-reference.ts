/** docs/commands.md: the help of both programs as one document. */
import path from 'node:path';
import { readHelp } from './help-texts.ts';

/** The programs that have commands. */
const programs = ['calico-agent', 'calico-controller'];

/** @param dist folder of the bundled programs */
export async function commandReference(dist: string): Promise<string> {
  const sections = await Promise.all(programs.map((name) => sectionOf(name, dist)));
  return [introduction, ...sections].join('\n');
}

const introduction = `# Commands

<!-- Made by \`npm run docs\` from the help of the programs. Do not edit. -->

The help of every command. [The agent](agent.md) and [the controller](controller.md) say what the
commands are for.
`;

async function sectionOf(name: string, dist: string): Promise<string> {
  const { overview, commands } = await readHelp(path.join(dist, `${name}.js`));
  return [
    `## ${name}\n\n${block(overview)}`,
    ...commands.map(({ command, text }) => `### ${name} ${command}\n\n${block(text)}`),
  ].join('\n');
}

function block(text: string): string {
  return `\`\`\`text\n${text.trimEnd()}\n\`\`\`\n`;
}
