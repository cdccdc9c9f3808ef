/** Warns of variables in this command's environment that weaken TLS. */
import { findWeakening } from '../../../runtime/process/weakening-environment.ts';
import type { Finding } from '../../ports/diagnosis.ts';

/** The daemon checks its own environment, and logs it. */
export function diagnoseEnvironment(environment: NodeJS.ProcessEnv): readonly Finding[] {
  return findWeakening(environment).map(({ name, message }) => ({
    check: 'environment',
    result: 'warning',
    message,
    hint: `unset ${name}, and search for it in /etc/environment and in drop-ins of the unit (systemctl cat calico-agent)`,
  }));
}
