/** Reads a cluster part by part, so that a refused right hides one of them and not all. */
import type { Part } from '../../../../core/platform/cluster/part.ts';
import { AppError, reasonOf } from '../../../../runtime/errors.ts';
import { RightRefused } from '../../../../runtime/kubernetes/right-refused.ts';

export interface Parts {
  part<T>(work: Promise<T>): Promise<Part<T>>;
  /** @throws AppError where none of these could be read: then the server itself is away, or knows nobody */
  refuseNothing(parts: readonly Part<unknown>[]): void;
}

export function createParts(): Parts {
  const failures: AppError[] = [];
  return {
    part: (work) =>
      work.then(
        (value) => ({ isRead: true as const, value }),
        (error: unknown) => {
          if (!(error instanceof AppError)) throw error;
          failures.push(error);
          return { isRead: false as const, why: whyOf(error) };
        },
      ),
    refuseNothing: (parts) => {
      const [failure] = failures;
      if (failure !== undefined && parts.every(({ isRead }) => !isRead)) throw failure;
    },
  };
}

/** A refused right without the hint for the agent's own user: a person asks here. */
function whyOf(error: AppError): string {
  return error instanceof RightRefused ? reasonOf(error.cause) : error.message;
}
