import type { FleetPreview } from '../../../schemas/generated/fleet-preview.ts';
import { printable, printableData } from '../../printable.ts';
import type { PartLine } from './lines.ts';
import { previewParts } from './preview-parts.ts';

/** A preview as plain text. Has no colours, and is the same every time. */
export function previewText(preview: FleetPreview, name: string): string {
  const parts = previewParts(printableData(preview), printable(name)).map(({ title, lines }) =>
    [title, ...lines.map(textLine)].join('\n'),
  );
  return `${parts.join('\n\n')}\n`;
}

function textLine({ depth, sign, text }: PartLine): string {
  return `${'  '.repeat(depth + 1)}${sign === undefined ? '' : `${sign} `}${text}`;
}

/** A preview as Markdown (CommonMark), to be pasted into a merge request. */
export function previewMarkdown(preview: FleetPreview, name: string): string {
  const file = printable(name);
  const parts = previewParts(printableData(preview), file).map(({ title, lines }) =>
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
