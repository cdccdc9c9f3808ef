/** What is wrong with settings in controller.yaml that have the right form, each with its place. */
import type { Issue } from '../../../core/issue.ts';
import { hostPortForm, parseHostPort } from '../../../runtime/network/host-port.ts';
import { AppError } from '../../../runtime/errors.ts';

export function settingFault(pointer: string, message: string, hint?: string): Issue {
  const fault: Issue = { severity: 'error', pointer, code: 'controller-settings', message };
  return hint === undefined ? fault : { ...fault, hint };
}

/** @returns the fault of an address to listen on, if it has one */
export function listenFaults(pointer: string, listen: string): readonly Issue[] {
  if (parseHostPort(listen) !== undefined) return [];
  return [settingFault(pointer, `cannot listen on "${listen}"`, hostPortForm)];
}

/** @throws AppError invalid-settings with all of them; without any it does nothing */
export function refuseFaults(issues: readonly Issue[]): void {
  if (issues.length === 0) return;
  const reasons = issues.map(({ message, hint }) => [message, hint].filter(Boolean).join(': '));
  throw new AppError('invalid-settings', `cannot use controller.yaml: ${reasons.join('; ')}`, {
    issues,
  });
}

export interface GatheredFaults {
  readonly issues: Issue[];
  /** @returns undefined where it was refused with issues, which are gathered */
  readonly tried: <T>(read: () => T) => T | undefined;
}

/** Goes on after a refusal, so that a person gets all faults at once. */
export function gatherFaults(): GatheredFaults {
  const issues: Issue[] = [];
  return {
    issues,
    tried: (read) => {
      try {
        return read();
      } catch (error) {
        if (!(error instanceof AppError) || error.issues.length === 0) throw error;
        issues.push(...error.issues);
        return undefined;
      }
    },
  };
}
