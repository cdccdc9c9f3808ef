/** Whether the Secret with the credentials of a registry is there before pods need it. */
import type { Issue } from '../../issue.ts';
import type { ClusterEdit } from '../../platform/cluster/cluster-edit.ts';
import type { ObservedCluster } from '../../platform/cluster/observed-cluster.ts';
import { printable } from '../../printable.ts';
import { clusterIssue } from './cluster-issue.ts';

type PullSecret = Extract<ClusterEdit, { readonly form: 'pull-secret' }>;

export interface SecretPlan {
  /** `Secret kube-system/credentials`: nothing of the cluster changes before it is there. */
  readonly missing?: string;
  readonly issues: readonly Issue[];
}

/** Source: Kubernetes pkg/credentialprovider/secrets/secrets.go: the kubelet passes other types over. */
const types = ['kubernetes.io/dockerconfigjson', 'kubernetes.io/dockercfg'];

export function planPullSecret(
  edit: PullSecret,
  { pullSecrets = [] }: Pick<ObservedCluster, 'pullSecrets'>,
): SecretPlan {
  const { namespace, name, kubectl } = edit;
  const text = `Secret ${namespace}/${name}`;
  const found = pullSecrets.find((one) => one.namespace === namespace && one.name === name)?.found;
  const make = `${kubectl} create secret generic ${name} --namespace ${namespace} --type kubernetes.io/dockerconfigjson --from-file .dockerconfigjson=FILE, where FILE is the config.json of docker login`;
  const warn = (code: string, message: string, hint: string): Issue => {
    return { ...clusterIssue(edit, code, message, hint), severity: 'warning' };
  };
  switch (found?.state) {
    case undefined:
      return { issues: [] };
    case 'absent': {
      const message = `${text} is not there: the change waits for it, because pods could not pull their images`;
      return { missing: text, issues: [warn('pull-secret-absent', message, make)] };
    }
    case 'unknown': {
      const message = `cannot say whether ${text} is there: ${found.why}`;
      const hint = `look for yourself: ${kubectl} get secret ${name} --namespace ${namespace}`;
      return { issues: [warn('pull-secret-unknown', message, hint)] };
    }
    case 'there': {
      if (types.includes(found.type)) return { issues: [] };
      const message = `${text} is of the type ${printable(found.type.slice(0, 128))}, which no kubelet takes for credentials of a registry: the change waits`;
      return {
        missing: `${text} of the type ${types[0] ?? ''}`,
        issues: [warn('pull-secret-type', message, `delete it, then ${make}`)],
      };
    }
  }
}
