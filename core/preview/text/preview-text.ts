import type { FleetPreview } from '../../../schemas/generated/fleet-preview.ts';
import { printable, printableData } from '../../printable.ts';
import type { PartLine } from './lines.ts';
import { previewParts, summaryParts, type PreviewPart } from './preview-parts.ts';

/**
 * A preview as plain text. Has no colours, and is the same every time.
 * @param more parts that come after its own
 */
export function previewText(
  preview: FleetPreview,
  name: string,
  more: readonly PreviewPart[] = [],
): string {
  return textOf([...previewParts(printableData(preview), printable(name)), ...more]);
}

/** How much changes, and what all nodes notice, without the changes of each. */
export function summaryText(preview: FleetPreview, more: readonly PreviewPart[] = []): string {
  return textOf([...summaryParts(printableData(preview)), ...more]);
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
  more: readonly PreviewPart[] = [],
): string {
  const file = printable(name);
  const all = [...previewParts(printableData(preview), file), ...more];
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
