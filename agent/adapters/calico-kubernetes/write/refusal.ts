/** Texts about changes that the server refuses or would refuse. */
import { printable } from '../../../../core/printable.ts';
import type { Issue } from '../../../../core/issue.ts';
import { AppError } from '../../../../runtime/errors.ts';
import type { FieldConflict } from './resource-write.ts';

/** A conflict with fields of others, which only a person can overrule, with `adopt`. */
export function fieldConflict(what: string, conflicts: readonly FieldConflict[]): AppError {
  const issues = conflicts.map(({ path, manager }): Issue => {
    const message = `cannot ${what}: ${printable(path)} was set by "${printable(manager)}"`;
    const hint =
      '`calico-agent adopt` takes the object over; or set the same value in the configuration';
    return { severity: 'error', code: 'field-conflict', pointer: '', message, hint };
  });
  const named = conflicts.map(({ path, manager }) => `${path} was set by "${manager}"`).join(', ');
  const why = named === '' ? 'somebody else set one of its fields' : printable(named);
  return new AppError(
    'datastore-conflict',
    `cannot ${what}: ${why}; \`calico-agent adopt\` takes the object over`,
    { issues, retryable: true },
  );
}

export function changedMeanwhile(what: string): AppError {
  return new AppError('datastore-conflict', `cannot ${what}: somebody changed it meanwhile`, {
    retryable: true,
  });
}

export function noSuchNode(node: string): AppError {
  return new AppError(
    'datastore-failed',
    `cannot patch Node "${printable(node)}": it is not in the datastore yet; the kubelet makes it when it registers`,
    { retryable: true },
  );
}

export function notClaimed(): AppError {
  return new AppError(
    'writer-lease-lost',
    'cannot write the cluster-wide resources: this agent does not hold the writer lease',
    { retryable: true },
  );
}
