import type { Finding } from '../../ports/diagnosis.ts';
import type { CalicoKubernetesOptions, Session } from './session.ts';

export async function diagnose(
  _session: Session,
  _namespace: string,
  _options: CalicoKubernetesOptions,
): Promise<readonly Finding[]> {
  return Promise.resolve([]);
}
