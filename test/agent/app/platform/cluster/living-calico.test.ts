/** The living DaemonSet and ConfigMap of Calico against the node's cni.yaml, on a real API server. */
import { expect } from 'chai';
import { createHostFiles } from '../../../../../agent/adapters/host-files/host-files.ts';
import { readLivingCalico } from '../../../../../agent/app/platform/read-living-calico.ts';
import { readMicroK8s } from '../../../../../agent/app/platform/read-microk8s.ts';
import type { Cluster } from '../../../../../agent/ports/platform/cluster.ts';
import type { PlatformIssue } from '../../../../../schemas/generated/agent-api/platform.ts';
import { withTree, type Tree } from '../../../../support/platform/host-tree.ts';
import {
  microk8sCluster,
  type MicroK8sCluster,
} from '../../../../support/platform/microk8s-cluster.ts';
import {
  changed,
  cniYaml,
  manifest,
  microk8sNode,
} from '../../../../support/platform/microk8s-node.ts';
import { onEachApiServer } from '../../../../support/servers/api-server.ts';

describe('the living Calico of MicroK8s', function () {
  this.timeout(60_000);
  onEachApiServer((open) => {
    let microk8s: MicroK8sCluster;
    let cluster: Cluster;
    beforeEach(async () => {
      const { kubeconfig, client } = await open();
      microk8s = microk8sCluster(kubeconfig, client);
      await microk8s.reset();
      cluster = microk8s.connect();
    });
    afterEach(async () => {
      await cluster.close();
      await microk8s.remove();
    });

    const compare = (tree: Tree): Promise<readonly PlatformIssue[]> =>
      withTree(tree, async (root) => {
        const programs = {
          k3sVersion: () => Promise.resolve(undefined),
          links: () => Promise.resolve([]),
          filterRules: () => Promise.resolve(undefined),
        };
        const deps = { files: createHostFiles(root), programs, cluster };
        return readLivingCalico(deps, await readMicroK8s(deps));
      });
    const names = (issues: readonly PlatformIssue[]): readonly string[] =>
      issues.map(({ message }) => message.split(' ')[2] ?? '');

    it('is compared with cni.yaml, and what somebody changed in it is named', async () => {
      const before = names(await compare(microk8sNode));
      expect(before).not.to.include('calico_backend');
      await microk8s.setConfig({ calico_backend: 'bird' });
      expect(names(await compare(microk8sNode))).to.deep.equal(['calico_backend', ...before]);
      const edited = {
        ...microk8sNode,
        [cniYaml]: manifest.replace('"10.1.0.0/16"', '"10.9.0.0/16"'),
      };
      expect(names(await compare(edited))).to.include('CALICO_IPV4POOL_CIDR');
    });

    it('is not compared on a worker, whose file MicroK8s does not apply', async () => {
      await microk8s.setConfig({ calico_backend: 'bird' });
      expect(await compare(changed({ 'var/lock/clustered.lock': '' }))).to.deep.equal([]);
      const without = Object.entries(microk8sNode).filter(([file]) => !file.endsWith('/cni.yaml'));
      expect(await compare(Object.fromEntries(without))).to.deep.equal([]);
    });
  });
});
