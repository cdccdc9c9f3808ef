/** Why a text cannot be read: what the text shows, beside what the YAML reader says. */
import type { CST } from 'yaml';
import { secondJsonValue } from '../../input/json-sequence.ts';
import { unclosedIn } from './unclosed.ts';
import { faultOf, type Fault } from './yaml-faults.ts';

/** The reader says where it stopped. The cause may be another one, which the text shows. */
export function causesOf(
  faults: readonly Fault[],
  text: string,
  tokens: readonly CST.Token[],
): readonly Fault[] {
  if (/^\s*[[{]/.test(text)) {
    const second = secondJsonValue(text);
    const [first] = faults;
    const isCause = first?.code === 'yaml-syntax' && first.offset >= (second ?? Infinity);
    if (second !== undefined && isCause) return [secondDocument(second)];
  }
  const isSyntax = faults.some(({ code }) => code === 'yaml-syntax');
  const unclosed = isSyntax ? unclosedIn(tokens) : undefined;
  if (unclosed !== undefined) {
    return [...faults.filter(({ offset }) => offset < unclosed.offset), unclosed];
  }
  return faults.map((fault) => tabBefore(fault, text) ?? fault);
}

function secondDocument(offset: number): Fault {
  return {
    offset,
    code: 'yaml-several-documents',
    message: 'a second document begins here, but one is expected',
    hint: 'keep one of them, or put each document into a file of its own',
  };
}

/** A tab at the beginning of the line, which counts as no indentation at all. */
function tabBefore({ offset, code }: Fault, text: string): Fault | undefined {
  const start = text.lastIndexOf('\n', offset - 1) + 1;
  const indent = /^[ \t]*/.exec(text.slice(start, start + maxIndent))?.[0] ?? '';
  const tab = indent.indexOf('\t');
  return code === 'yaml-syntax' && tab >= 0 ? faultOf(start + tab, 'TAB_AS_INDENT') : undefined;
}

const maxIndent = 1024;
