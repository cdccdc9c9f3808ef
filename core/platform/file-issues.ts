/** Collects the issues of files of the host; each names its file and, if known, the line. */
import { maxIssuesTold } from '../input/bounds.ts';
import type { HiddenFile } from './host-file.ts';
import type { PlatformIssue } from '../../schemas/generated/agent-api/platform.ts';

/** A place in a file of the host. */
export interface FilePlace {
  readonly file: string;
  /** 1-based. */
  readonly line?: number;
  readonly column?: number;
}

interface Text {
  /** Stable, kebab-case. */
  readonly code: string;
  /** The found and the expected value: one sentence, lower case, no full stop. */
  readonly message: string;
  readonly hint?: string;
}

export function fileIssue(
  severity: PlatformIssue['severity'],
  place: FilePlace | undefined,
  { code, message, hint }: Text,
): PlatformIssue {
  return {
    severity,
    code,
    ...(place !== undefined && {
      file: place.file,
      ...(place.line !== undefined && { line: place.line }),
      ...(place.column !== undefined && { column: place.column }),
    }),
    message,
    ...(hint !== undefined && { hint }),
  };
}

export const unreadableCode = 'file-unreadable';

/** Unknown is not empty: the report says what it lacks. */
export function hiddenIssue({ path, why }: HiddenFile): PlatformIssue {
  const message = `it cannot be read: ${why}; the values that it sets are not known here`;
  const hint = 'run calico-agent platform as root';
  return fileIssue('warning', { file: path }, { code: unreadableCode, message, hint });
}

/**
 * A file may have thousands of unknown keys: the report has the first ones, and the number of the
 * others.
 */
export function boundIssues(issues: readonly PlatformIssue[]): PlatformIssue[] {
  const shown = issues.slice(0, maxIssuesTold);
  const more = issues.length - shown.length;
  if (more === 0) return shown;
  const message = `${String(more)} more issue${more === 1 ? ' is' : 's are'} not shown`;
  return [...shown, fileIssue('note', undefined, { code: 'more-issues', message })];
}
