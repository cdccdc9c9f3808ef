import type { FleetPreview } from '../../../schemas/generated/fleet-preview.ts';
import { printable, printableData } from '../../printable.ts';
import type { PartLine } from './lines.ts';
import { previewParts, summaryParts, type PreviewPart, type PreviewWay } from './preview-parts.ts';

/**
 * A preview as plain text. Has no colours, and is the same every time.
 * @param rollout the parts of a rollout, which come after its own; absent: it is of a push
 */
export function previewText(
  preview: FleetPreview,
  name: string,
  rollout?: readonly PreviewPart[],
): string {
  return textOf([
    ...previewParts(printableData(preview), printable(name), wayOf(rollout)),
    ...(rollout ?? []),
  ]);
}

/** How much changes, and what all nodes notice, without the changes of each. */
export function summaryText(preview: FleetPreview, rollout?: readonly PreviewPart[]): string {
  return textOf([...summaryParts(printableData(preview), wayOf(rollout)), ...(rollout ?? [])]);
}

function wayOf(rollout: readonly PreviewPart[] | undefined): PreviewWay {
  return rollout === undefined ? 'a push' : 'the rollout';
}

function textOf(parts: readonly PreviewPart[]): string {
  const texts = parts.map(({ title, lines }) => [title, ...lines.map(textLine)].join('\n'));
  return `${texts.join('\n\n')}\n`;
}

function textLine({ depth, sign, text }: PartLine): string {
  return `${'  '.repeat(depth + 1)}${sign === undefined ? '' : `${sign} `}${text}`;
}

/** A preview as Markdown (CommonMark), to be pasted into a merge request. */
export function previewMarkdown(
  preview: FleetPreview,
  name: string,
  rollout?: readonly PreviewPart[],
): string {
  const file = printable(name);
  const all = [...previewParts(printableData(preview), file, wayOf(rollout)), ...(rollout ?? [])];
  const parts = all.map(({ title, lines }) =>
    [`### ${title}`, '', ...lines.map(markdownLine)].join('\n'),
  );
  return `${[`## Preview of ${escaped(file)}`, ...parts].join('\n\n')}\n`;
}

function markdownLine({ depth, sign, text }: PartLine): string {
  return `${'  '.repeat(depth)}- ${sign === undefined ? '' : `\`${sign}\` `}${escaped(text)}`;
}

/** Text in which nothing has a meaning for Markdown or HTML. */
function escaped(text: string): string {
  return text.replaceAll(/[\\`*_[\]<>|~#&!]/gu, String.raw`\$&`).replaceAll(/ {2,}/gu, ' ');
}
