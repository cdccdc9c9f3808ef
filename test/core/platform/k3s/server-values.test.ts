import { expect } from 'chai';
import { parseNode } from '../../../../core/platform/cluster/parse-node.ts';
import { compareServers, serverValues } from '../../../../core/platform/k3s/server-values.ts';

function node(name: string, ...words: readonly string[]): unknown {
  const annotations = { 'k3s.io/node-args': JSON.stringify(words) };
  return { metadata: { name, annotations } };
}

function issuesOf(...nodes: readonly unknown[]): readonly string[] {
  const servers = nodes.flatMap((one) => {
    const { name, k3sArguments = '' } = parseNode(one) ?? {};
    const values = serverValues(k3sArguments);
    return name === undefined || values === undefined ? [] : [{ name, values }];
  });
  return compareServers(servers).map(({ severity, code, message }) => {
    return `${severity} ${code} ${message}`;
  });
}

describe('the values that all servers of K3s share', () => {
  it('are the same, however they are written', () => {
    expect(
      issuesOf(
        node(
          'server-1',
          'server',
          '--cluster-cidr',
          '10.42.0.0/16,fd00:0::/56',
          '--disable',
          'traefik',
        ),
        node('server-2', 'server', '--cluster-cidr', '10.42.0.0/16', '--cluster-cidr', 'fd00::/56'),
        node(
          'server-3',
          'server',
          '--cluster-cidr',
          '10.42.0.0/16,fd00::/56',
          '--cluster-dns',
          '10.43.0.10',
        ),
        node('agent-1', 'agent', '--node-ip', '10.0.0.1'),
        { metadata: { name: 'other' } },
      ),
    ).to.deep.equal([]);
  });

  it('are compared, with the names of the servers', () => {
    expect(
      issuesOf(
        node('server-1', 'server', '--cluster-domain', 'a.b', '--disable', 'traefik,servicelb'),
        node('server-2', 'server', '--disable-network-policy', '--disable', 'servicelb'),
        node('server-3', 'server', '--disable-network-policy', 'true', '--flannel-backend', 'none'),
      ),
    ).to.deep.equal([
      'error k3s-servers-differ cluster-domain differs between the servers of K3s: a.b on server-1; cluster.local on server-2, server-3',
      'error k3s-servers-differ flannel-backend differs between the servers of K3s: vxlan on server-1, server-2; none on server-3',
      'error k3s-servers-differ disable-network-policy differs between the servers of K3s: false on server-1; true on server-2, server-3',
      'error k3s-servers-differ servicelb differs between the servers of K3s: disabled on server-1, server-2; enabled on server-3',
    ]);
  });

  it('hold no other argument, and nothing of an annotation that is broken', () => {
    const values = serverValues(
      JSON.stringify(['server', '--tls-san', 'S3CRET', '--kube-apiserver-arg', 'S3CRET']),
    );
    expect(JSON.stringify(values)).to.not.include('S3CRET');
    for (const text of ['', '{', '{}', '[]', '["agent"]', '[1]']) {
      expect(serverValues(text), text).to.equal(undefined);
    }
  });
});
