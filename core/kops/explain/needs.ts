/** What a provider needs beside the document: permissions of AWS, ports, secrets, places of its logs. */
import type { Located } from '../../config/yaml/located.ts';
import { fieldsOf, scalarOf, textOf } from '../../config/yaml/read-values.ts';
import { cloudOf, isIpv6, providerOf, type JudgedCluster } from '../document/facts.ts';
import { calicoInForce } from '../in-force/calico-in-force.ts';
import { actionsIn, permissionRows, type PermissionRow } from '../table/permissions.ts';
import type { Need } from './need.ts';
import { portsOf } from './ports.ts';

type Fields = ReadonlyMap<string, Located>;

export function needsOf(cluster: JudgedCluster): readonly Need[] {
  const found = providerOf(cluster);
  if (found === undefined) return [];
  const { key } = found.provider;
  const fields = fieldsOf(found.entry.value);
  const isOn = (name: string): boolean => scalarOf(fields.get(name))?.value === true;
  return [
    ...permissions(cluster, key, fields),
    ...portsOf(cluster),
    ...proxy(key, isOn('bpfEnabled') || isOn('enableNodePort')),
    ...others(key),
  ];
}

function permissions(cluster: JudgedCluster, key: string, fields: Fields): readonly Need[] {
  if (cloudOf(cluster) !== 'aws') return [];
  const row = rowOf(cluster, key, fields);
  if (row === undefined) return [];
  const { kops } = cluster.target;
  const { roles } = permissionRows[row];
  const actions = actionsIn(row, kops);
  if (actions.length > 0) {
    const text = `kops adds these to the roles of ${roles}; add them yourself where the roles are your own (spec.externalPolicies, instance profiles)`;
    return [{ what: 'permissions', text, paste: statement(actions) }];
  }
  const newest = actionsIn(row, Infinity);
  if (newest.length === 0) return [];
  const text = `kops 1.${String(kops)} does not give these to ${roles}, and newer releases do: add them with spec.additionalPolicies`;
  return [{ what: 'permissions', text, paste: statement(newest) }];
}

function rowOf(cluster: JudgedCluster, key: string, fields: Fields): PermissionRow | undefined {
  switch (key) {
    case 'calico':
      return calicoRow(cluster, fields);
    case 'cilium':
      return textOf(fields.get('ipam'))?.value === 'eni' ? 'cilium' : undefined;
    case 'amazonvpc':
    case 'lyftvpc':
    case 'romana':
    case 'kuberouter':
    case 'kindnet':
      return key;
    default:
      return undefined;
  }
}

/** Felix needs its rights to enable the check too: kops gives none for DoNothing alone. */
function calicoRow(cluster: JudgedCluster, fields: Fields): PermissionRow | undefined {
  const { sourceCheck } = calicoInForce(cluster);
  if (sourceCheck !== 'nobody') return sourceCheck === 'felix' ? 'calico' : 'k8s-ec2-srcdst';
  const isEnabled = textOf(fields.get('awsSrcDstCheck'))?.value === 'Enable';
  return isEnabled && cluster.target.kops >= 19 && !isIpv6(cluster) ? 'calico' : undefined;
}

function statement(actions: readonly string[]): readonly string[] {
  return JSON.stringify({ Effect: 'Allow', Action: actions, Resource: ['*'] }, null, 2).split('\n');
}

function proxy(key: string, isReplaced: boolean): readonly Need[] {
  if (key !== 'kuberouter' && !isReplaced) return [];
  const text = 'spec.kubeProxy.enabled: false, because this provider routes Services itself';
  return [{ what: 'kube-proxy', text }];
}

function others(key: string): readonly Need[] {
  switch (key) {
    case 'amazonvpc':
      return [{ what: 'logs', text: '/var/log/aws-routed-eni on each node' }];
    case 'weave':
      return [
        {
          what: 'secret',
          text: 'the password of the encryption is a secret of kops and not in the document; with none kops makes one; nodes with and without it do not reach each other',
          paste: [
            'tr -dc A-Za-z0-9 < /dev/urandom | head -c 24 > weave-password',
            'kops create secret weavepassword -f weave-password',
            'kops update cluster --yes',
          ],
        },
      ];
    case 'cni':
      return [
        {
          what: 'install',
          text: 'your CNI plugin, when the control planes are there; nodes stay NotReady until then',
        },
      ];
    default:
      return [];
  }
}
