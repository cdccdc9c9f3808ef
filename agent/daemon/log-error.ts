import { AppError, reasonOf } from '../../runtime/errors.ts';
import type { Logger } from '../../runtime/log/logger.ts';

/** Logs a person's mistake with all its places, and a fault of ours with its stack. */
export async function logError(
  logger: Logger,
  error: unknown,
  config: string | undefined,
): Promise<void> {
  if (!(error instanceof AppError)) {
    const stack = error instanceof Error ? error.stack : undefined;
    return logger.error(reasonOf(error), stack === undefined ? {} : { stack });
  }
  logger.error(error.message, { code: error.code });
  if (error.issues.length === 0) return;
  const { formatIssue } = await import('../../core/issue-text.ts');
  for (const issue of error.issues) logger.error(formatIssue(issue, config ?? 'agent.yaml'));
}
