/** Services as `kubectl get services,namespaces --all-namespaces -o json` prints them. */
import { listedObjects } from '../../input/listed-objects.ts';
import { entriesAt, listAt, textAt, textMapAt, textsAt, valueAt } from '../../input/plain-data.ts';
import { parseAddress } from '../../config/net/address.ts';
import type { Family } from '../../config/sourced.ts';

export interface Service {
  readonly namespace: string;
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly isLoadBalancer: boolean;
  /** spec.loadBalancerClass; absent: the cluster's usual one. */
  readonly loadBalancerClass?: string;
  /** The families of its cluster IPs, the preferred one first; empty: it has none. */
  readonly families: readonly Family[];
  /** PreferDualStack: one address is enough. */
  readonly isOneEnough: boolean;
  /** The addresses that it asks for, in canonical form; empty: any address. */
  readonly wanted: readonly string[];
  /** It asks in two ways, which MetalLB refuses. */
  readonly asksTwice: boolean;
  readonly wantedPool?: string;
  readonly sharingKey?: string;
  /** `TCP/443`. */
  readonly ports: readonly string[];
  /** externalTrafficPolicy is Local. */
  readonly isLocal: boolean;
  /** The pods of a Service that shares its address with externalTrafficPolicy Local have to be the same. */
  readonly podSelector: string;
  readonly addresses: readonly string[];
}

export interface ListedServices {
  readonly services: readonly Service[];
  /** Labels by name; empty: the text has no Namespaces. */
  readonly namespaces: ReadonlyMap<string, Readonly<Record<string, string>>>;
}

export function readServices(document: unknown): ListedServices {
  const objects = listedObjects(document);
  const namespaces = new Map(
    objects
      .filter((one) => textAt(one, 'kind') === 'Namespace')
      .map((one) => [textAt(one, 'metadata', 'name') ?? '', textMapAt(one, 'metadata', 'labels')]),
  );
  const services = objects.filter((one) => textAt(one, 'kind') === 'Service').map(readService);
  return { services, namespaces };
}

/** One object of the kind Service, as the API has it. */
export function readService(item: unknown): Service {
  const annotation = (name: string): string | undefined => {
    const all = textMapAt(item, 'metadata', 'annotations');
    return all[`metallb.io/${name}`] ?? all[`metallb.universe.tf/${name}`];
  };
  const byAnnotation = annotation('loadBalancerIPs') ?? '';
  const byField = textAt(item, 'spec', 'loadBalancerIP') ?? '';
  const loadBalancerClass = textAt(item, 'spec', 'loadBalancerClass');
  const [wantedPool, sharingKey] = [annotation('address-pool'), annotation('allow-shared-ip')];
  return {
    namespace: textAt(item, 'metadata', 'namespace') ?? 'default',
    name: textAt(item, 'metadata', 'name') ?? '',
    labels: textMapAt(item, 'metadata', 'labels'),
    isLoadBalancer: textAt(item, 'spec', 'type') === 'LoadBalancer',
    ...(loadBalancerClass !== undefined && { loadBalancerClass }),
    families: familiesOf(item),
    isOneEnough: textAt(item, 'spec', 'ipFamilyPolicy') === 'PreferDualStack',
    wanted: (byAnnotation === '' ? byField : byAnnotation)
      .split(',')
      .map((one) => one.trim())
      .filter((one) => one !== '')
      .map(canonical),
    asksTwice: byAnnotation !== '' && byField !== '',
    ...(wantedPool !== undefined && wantedPool !== '' && { wantedPool }),
    ...(sharingKey !== undefined && sharingKey !== '' && { sharingKey }),
    ports: listAt(item, 'spec', 'ports').map(
      (port) => `${textAt(port, 'protocol') ?? 'TCP'}/${String(valueAt(port, 'port'))}`,
    ),
    isLocal: textAt(item, 'spec', 'externalTrafficPolicy') === 'Local',
    podSelector: entriesAt(item, 'spec', 'selector')
      .map((entry) => JSON.stringify(entry))
      .toSorted()
      .join(),
    addresses: listAt(item, 'status', 'loadBalancer', 'ingress').flatMap((one) => {
      const address = textAt(one, 'ip');
      return address === undefined ? [] : [canonical(address)];
    }),
  };
}

/** A text that is no address stays as it is. */
function canonical(text: string): string {
  const parsed = parseAddress(text);
  return parsed.ok ? parsed.value.address : text;
}

function familiesOf(item: unknown): readonly Family[] {
  const addresses = textsAt(item, 'spec', 'clusterIPs');
  const all = addresses.length > 0 ? addresses : [textAt(item, 'spec', 'clusterIP') ?? ''];
  return all.flatMap((one) => (one === '' || one === 'None' ? [] : [one.includes(':') ? 6 : 4]));
}
