/** Variables of this command's environment that weaken TLS. */
import { findWeakening } from '../../../runtime/process/weakening-environment.ts';
import type { Finding } from '../../ports/diagnosis.ts';

/** The daemon reports its own environment in its log. */
export function diagnoseEnvironment(environment: NodeJS.ProcessEnv): readonly Finding[] {
  return findWeakening(environment).map(({ name, message }) => ({
    check: 'environment',
    result: 'warning',
    message,
    hint: `unset ${name}, and look for it in /etc/environment and in drop-ins of the unit (systemctl cat calico-agent)`,
  }));
}
