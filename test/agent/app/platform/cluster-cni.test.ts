import { expect } from 'chai';
import { readClusterCni } from '../../../../agent/app/platform/read-cluster-cni.ts';
import { parseNode } from '../../../../core/platform/cluster/parse-node.ts';

describe('the servers of K3s, as their Nodes show them', () => {
  const nodes = ['a.b', 'cluster.local'].flatMap((domain, index) => {
    const words = JSON.stringify(['server', '--cluster-domain', domain]);
    const metadata = {
      name: `server-${String(index)}`,
      annotations: { 'k3s.io/node-args': words },
    };
    return parseNode({ metadata }) ?? [];
  });
  const deps = {
    files: { read: never, list: never, entry: never },
    programs: {
      k3sVersion: never,
      links: () => Promise.resolve([]),
      filterRules: () => Promise.resolve(undefined),
    },
    nodeName: () => 'server-0',
    cluster: {
      node: (name: string) => Promise.resolve(nodes.find((one) => one.name === name)),
      nodes: () => Promise.resolve(nodes),
      pods: () => Promise.resolve([]),
      observe: never,
    },
  };

  it('are compared on a server, with the names of both', async () => {
    const { issues } = await readClusterCni(deps, 'k3s', []);
    const differs = issues.filter(({ code }) => code === 'k3s-servers-differ');
    expect(differs.map(({ message }) => message)).to.deep.equal([
      'cluster-domain differs between the servers of K3s: a.b on server-0; cluster.local on server-1',
    ]);
  });

  it('are not read on a node of another platform', async () => {
    const { issues } = await readClusterCni(
      { ...deps, cluster: { ...deps.cluster, nodes: never } },
      'kubeadm',
      [],
    );
    expect(issues.map(({ code }) => code)).to.not.include('k3s-servers-differ');
  });
});

function never(): Promise<never> {
  return Promise.reject(new Error('nobody asks for this'));
}
