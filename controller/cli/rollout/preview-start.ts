/** What `rollout start` shows before it begins, and with --dry-run in place of that. */
import type { PartLine } from '../../../core/preview/text/lines.ts';
import type { PreviewPart } from '../../../core/preview/text/preview-parts.ts';
import {
  previewMarkdown,
  previewText,
  summaryText,
} from '../../../core/preview/text/preview-text.ts';
import { printable } from '../../../core/printable.ts';
import { printResult, write, type OutputForm } from '../../../runtime/cli/print.ts';
import type { ExitStatus } from '../../../runtime/cli/terminal.ts';
import type { RolloutPreview } from '../../../schemas/generated/controller-api/rollout-preview.ts';
import { previewStatus } from '../preview/preview.ts';
import { barrierLine, nodesOfWave } from './rollout-text.ts';

export type StartOutput = OutputForm | 'markdown';

/** Prints all of it. @param name of the configuration @returns as `preview`; 1: it could not begin now */
export async function printPreview(
  stdout: NodeJS.WritableStream,
  output: StartOutput,
  answer: RolloutPreview,
  name: string,
): Promise<ExitStatus> {
  const { result, preview } = answer;
  const parts = rolloutParts(answer);
  if (output === 'markdown') await write(stdout, previewMarkdown(preview, name, parts));
  else await printResult(stdout, output, answer, () => previewText(preview, name, parts));
  if (result === 'already') return 0;
  return result === 'refused' && preview.outcome !== 'refused' ? 1 : previewStatus(preview);
}

/** What a person should have read before the first wave begins. */
export function beforeStartText(answer: RolloutPreview): string {
  return `${summaryText(answer.preview, rolloutParts(answer))}\n`;
}

function rolloutParts({ result, waves, barrier, refusal }: RolloutPreview): readonly PreviewPart[] {
  const lines: readonly PartLine[] = [
    ...waves.map((wave) => `${printable(wave.name)}, ${nodesOfWave(wave)}`),
    ...(barrier === undefined ? [] : [`barrier: ${barrierLine(barrier)}`]),
  ].map((text) => ({ depth: 0, text }));
  const why =
    result === 'already' ? 'the newest revision has this content already' : refusal?.message;
  return [
    { title: 'Waves', lines },
    ...(why === undefined
      ? []
      : [{ title: 'Nothing would begin now', lines: [{ depth: 0, text: printable(why) }] }]),
  ];
}
