import { findWeakening } from '../../../runtime/process/weakening-environment.ts';
import type { Finding } from '../../ports/diagnosis.ts';

/** Of this command; the daemon names what its own environment says in its log. */
export function diagnoseEnvironment(environment: NodeJS.ProcessEnv): readonly Finding[] {
  return findWeakening(environment).map(({ name, message }) => ({
    check: 'environment',
    result: 'warning',
    message,
    hint: `unset ${name}, and look for it in /etc/environment and in drop-ins of the unit (systemctl cat calico-agent)`,
  }));
}
