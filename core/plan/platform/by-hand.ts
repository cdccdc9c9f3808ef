/** The edits and restarts of a plan as commands, for a machine where the agent may not do them. */
import type { ManualStep } from '../../platform/manual-step.ts';
import { writableFile } from '../../platform/host-paths.ts';
import { isPrintable } from '../../printable.ts';
import type { HostChange } from '../plan.ts';
import { diffOf } from './file-diff.ts';
import type { FileEditChange } from './plan-files.ts';
import { spliceCommands, writeCommands } from './splice-commands.ts';

type Restart = Extract<HostChange, { readonly action: 'restart-service' }>;

/** The commands make the exact bytes, and hold no secret that the file has. */
export function stepsByHand(
  changes: readonly FileEditChange[],
  restarts: readonly Restart[],
): readonly ManualStep[] {
  return [
    ...changes.filter(({ content }) => content?.before !== content?.after).map(editByHand),
    ...restarts.map(({ service, why }) => ({
      title: `Restart ${service}`,
      why,
      commands: [`systemctl restart ${service}`],
    })),
  ];
}

function editByHand({ path, content }: FileEditChange): ManualStep {
  const why = 'the configuration asks for it';
  const { before, after } = content ?? {};
  return { title: `Edit ${path}`, why, commands: commandsOf(path, before, after) };
}

/** A word in a patch that no line is equal to, because those begin with a sign. */
const end = 'END_OF_EDIT';

function commandsOf(
  path: string,
  before: string | undefined,
  after: string | undefined,
): readonly string[] {
  const file = quoted(path);
  if (after === undefined) return [`rm -f ${file}`];
  if (before === undefined) {
    const mode = (writableFile(path)?.mode ?? 0o600).toString(8);
    return writeCommands(after, `install -D -m ${mode} /dev/stdin ${file}`);
  }
  const { lines, isExact } = diffOf(path, before, after);
  // A terminal changes tabs and control characters, and the output shows them as escapes.
  if (!isExact || !lines.every(isPrintable)) return spliceCommands(file, before, after);
  return [`patch --binary --backup ${file} <<'${end}'`, ...lines, end];
}

function quoted(path: string): string {
  return /^[\w./-]+$/.test(path) ? path : `'${path.replaceAll("'", "'\\''")}'`;
}
