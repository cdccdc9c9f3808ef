/**
 * Finds lines of an arguments file that kubelite reads differently from their author's intention.
 */
import { printable } from '../../printable.ts';
import type { PlatformIssue } from '../../../schemas/generated/agent-api/platform.ts';
import { fileIssue } from '../file-issues.ts';
import {
  optionsOf,
  type ArgumentsFile,
  type ArgumentsOption,
} from '../arguments/arguments-file.ts';

export function checkArguments(file: string, read: ArgumentsFile): PlatformIssue[] {
  return [...checkLines(file, read), ...checkTwice(file, optionsOf(read))];
}

function checkLines(file: string, { lines }: ArgumentsFile): readonly PlatformIssue[] {
  return lines.flatMap(({ parts }, index) => {
    const place = { file, line: index + 1 };
    if (parts.some((part) => part.startsWith('#'))) {
      return fileIssue('error', place, {
        code: 'microk8s-trailing-comment',
        message:
          'the text after # is given to the service as arguments, and it does not start: kubelite knows comments on lines of their own alone',
        hint: 'put the comment on a line of its own',
      });
    }
    if (!parts.includes('')) return [];
    return fileIssue('warning', place, {
      code: 'microk8s-empty-argument',
      message: 'two spaces in a row make an empty argument: kubelite splits at each single space',
      hint: 'write one space, or --option=value',
    });
  });
}

/** Options that add up by their nature. */
const repeatable = new Set(['feature-gates', 'node-labels', 'register-with-taints', 'v']);

function checkTwice(file: string, options: readonly ArgumentsOption[]): readonly PlatformIssue[] {
  return options.flatMap(({ name, value, line }, index) => {
    const later = options.slice(index + 1).findLast((other) => other.name === name);
    if (later === undefined || later.value === value || repeatable.has(name)) return [];
    const what = `--${printable(name.slice(0, 64))} does not count: line ${String(later.line)} gives it again, and the last one wins`;
    return [
      fileIssue(
        'warning',
        { file, line },
        {
          code: 'microk8s-option-twice',
          message: what,
          hint: 'keep one of them',
        },
      ),
    ];
  });
}
