/** The edits and restarts of a plan as commands, for a machine where the agent may not do them. */
import type { ManualStep } from '../../platform/desired-platform.ts';
import { writableFile } from '../../platform/host-paths.ts';
import type { HostChange } from '../plan.ts';
import type { FileEditChange } from './plan-files.ts';

type Restart = Extract<HostChange, { readonly action: 'restart-service' }>;

export function stepsByHand(
  changes: readonly FileEditChange[],
  restarts: readonly Restart[],
): readonly ManualStep[] {
  return [
    ...changes.map(editByHand),
    ...restarts.map(({ service, why }) => ({
      title: `Restart ${service}`,
      why,
      commands: [`systemctl restart ${service}`],
    })),
  ];
}

function editByHand({ path, content, diff }: FileEditChange): ManualStep {
  const why = 'the configuration asks for it';
  return { title: `Edit ${path}`, why, commands: commandsOf(path, diff, content) };
}

/** A word in a text that no line of the diff is equal to, because those begin with a sign. */
const end = 'END_OF_EDIT';

function commandsOf(
  path: string,
  diff: readonly string[],
  content: FileEditChange['content'],
): readonly string[] {
  const file = quoted(path);
  if (content?.after === undefined) return [`rm -f ${file}`];
  if (content.before !== undefined) {
    return [`patch --binary --backup ${file} <<'${end}'`, ...diff, end];
  }
  const mode = (writableFile(path)?.mode ?? 0o600).toString(8);
  return [
    `install -D -m ${mode} /dev/stdin ${file} <<'${end}'`,
    ...content.after.trimEnd().split('\n'),
    end,
  ];
}

function quoted(path: string): string {
  return /^[\w./-]+$/.test(path) ? path : `'${path.replaceAll("'", "'\\''")}'`;
}
