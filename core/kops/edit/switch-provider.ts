/** `--networking calico`: another provider in the place of the one that the document has. */
import type { Parsed } from '../../parsed.ts';
import type { YamlChange } from '../../yaml-edit/edit-yaml.ts';
import { nameSome } from '../../name-some.ts';
import { nearestName } from '../../nearest-name.ts';
import { entriesOf } from '../../config/yaml/read-values.ts';
import { cloudOf, kubeProxyEnabled, providersOf, type JudgedCluster } from '../document/facts.ts';
import { valueAt } from '../document/read-clusters.ts';
import { createsWithoutKubeProxy, stanzaOf } from '../create/stanza.ts';
import { flagNamed, flagsFor } from '../create/flag-table.ts';

export function switchProvider(
  cluster: JudgedCluster,
  value: string,
): Parsed<readonly YamlChange[]> {
  const found = flagNamed(value, cluster.target.kops);
  const cloud = cloudOf(cluster);
  const stanza = found && stanzaOf(found, { ...cluster, ...(cloud !== undefined && { cloud }) });
  if (found === undefined || stanza === undefined) {
    const known = flagsFor(cluster.target.kops).map((flag) => flag.value);
    const nearest = nearestName(value, known);
    const meant = nearest === undefined ? '' : `did you mean "${nearest}"? `;
    return {
      ok: false,
      message: `kops 1.${cluster.target.kops} does not take --networking ${value}`,
      hint: `${meant}write one of ${nameSome(known)}`,
    };
  }
  const present = providersOf(cluster).map(({ entry }) => entry.key);
  const [first, ...others] = present;
  const change: YamlChange =
    first === undefined
      ? { kind: 'set', path: ['spec', 'networking', stanza.key], value: stanza.value }
      : {
          kind: 'rename',
          path: ['spec', 'networking', first],
          key: stanza.key,
          value: stanza.value,
        };
  const rest = others
    .filter((key) => key !== stanza.key)
    .map((key): YamlChange => ({ kind: 'unset', path: ['spec', 'networking', key] }));
  return {
    ok: true,
    value: [...rest, change, ...proxyChanges(cluster, found.provider.key, present)],
  };
}

/** kube-proxy goes where the provider replaces it, and comes back with the next one. */
function proxyChanges(
  cluster: JudgedCluster,
  key: string,
  present: readonly string[],
): readonly YamlChange[] {
  const enabled = kubeProxyEnabled(cluster);
  const path = ['spec', 'kubeProxy', 'enabled'];
  if (createsWithoutKubeProxy(key, cluster.target)) {
    return enabled === false ? [] : [{ kind: 'set', path, value: false }];
  }
  const wasReplaced = present.some((one) => ['kuberouter', 'cilium'].includes(one.toLowerCase()));
  if (!wasReplaced || enabled !== false) return [];
  const isAlone = entriesOf(valueAt(cluster, ['spec', 'kubeProxy'])).length === 1;
  return [{ kind: 'unset', path: isAlone ? path.slice(0, -1) : path }];
}
