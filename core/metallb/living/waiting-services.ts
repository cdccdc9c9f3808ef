/** Services that wait for an address: why now, and what they get with a configuration. */
import type { MetalLbSettings } from '../../config/metallb/settings.ts';
import type { NetworkModel } from '../../config/model.ts';
import { explainServices } from '../explain/explain-service.ts';
import type { LivingMetalLb } from './living-metallb.ts';

export interface WaitingService {
  /** `default/web`. */
  readonly service: string;
  /** Why it has none now, as a clause. */
  readonly now: string;
  /** With the configuration in force; empty: it goes on waiting. */
  readonly gets: readonly string[];
  /** Why it goes on waiting, or why its address is not announced, as clauses. */
  readonly why: readonly string[];
}

/** Undefined: the Services could not be read. */
export function waitingServices(
  { services, namespaces, controllers }: LivingMetalLb,
  model: Pick<NetworkModel, 'bgp' | 'groups'> & { readonly metallb: MetalLbSettings },
): readonly WaitingService[] | undefined {
  if (!services.isRead) return undefined;
  const listed = {
    services: services.value,
    namespaces: namespaces.isRead ? namespaces.value : new Map<string, never>(),
  };
  const now = whyNow(controllers);
  return explainServices(listed, model)
    .filter(({ state, has }) => state !== 'not-ours' && has.length === 0)
    .map(({ service, gets, why }) => ({ service, now, gets, why }));
}

/** The pools in the cluster are not read, so nothing is said of them. */
function whyNow(controllers: LivingMetalLb['controllers']): string {
  if (!controllers.isRead) return `not known: ${controllers.why}`;
  return controllers.value.length === 0
    ? 'MetalLB is not installed, so nobody gives it one'
    : 'MetalLB has given it none';
}
