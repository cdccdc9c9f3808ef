import type { NodeFacts } from '../../core/facts/facts.ts';
import type { Issue } from '../../core/issue.ts';

export type CheckedConfig =
  | { readonly ok: true; readonly digest: string; readonly issues: readonly Issue[] }
  | { readonly ok: false; readonly issues: readonly Issue[] };

export interface CheckOptions {
  /** A push goes before what somebody only wants to see. Default: false. */
  readonly isUrgent?: boolean;
  /** Aborted: nobody waits for the result any more. */
  readonly signal?: AbortSignal;
}

/**
 * Checks a configuration against everything that is known of the fleet. A text may cost any amount
 * of time and memory, so that does not happen on the controller's own event loop.
 * @throws AppError limit-reached, not-ready where too much waits, internal after a fault
 */
export interface ConfigChecker {
  check(text: string, nodes: readonly NodeFacts[], options?: CheckOptions): Promise<CheckedConfig>;
  /** As a check gives it; undefined where the text cannot be read. */
  digest(text: string, options?: CheckOptions): Promise<string | undefined>;
  /** What runs or waits is rejected. */
  close(): void;
}
