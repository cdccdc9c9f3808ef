import type { NodeFacts } from '../../core/facts/facts.ts';
import type { Issue } from '../../core/issue.ts';
import type { PreviewAnswer, PreviewQuestion } from '../../core/preview/preview-fleet.ts';

export type CheckedConfig =
  | { readonly ok: true; readonly digest: string; readonly issues: readonly Issue[] }
  | { readonly ok: false; readonly issues: readonly Issue[] };

export interface CheckOptions {
  /** True for a push, which goes before mere checks. Default: false. */
  readonly isUrgent?: boolean;
  /** Aborted when the result is needed no more. */
  readonly signal?: AbortSignal;
}

/**
 * Checks a configuration against the known fleet. A text may cost any amount of time and memory, so
 * this is not done on the controller's own event loop.
 * @throws AppError limit-reached, not-ready where too much waits, internal after a fault
 */
export interface ConfigChecker {
  check(text: string, nodes: readonly NodeFacts[], options?: CheckOptions): Promise<CheckedConfig>;
  /** Compares it with an earlier configuration, and checks it. */
  preview(question: PreviewQuestion, options?: CheckOptions): Promise<PreviewAnswer>;
  /** The digest as a check gives it; undefined: the text cannot be read. */
  digest(text: string, options?: CheckOptions): Promise<string | undefined>;
  /** Ends the checker; running and waiting calls reject. */
  close(): void;
}
