import { expect } from 'chai';
import { found, platformOf } from '../../../support/platform/host-tree.ts';

const flags = '/var/lib/kubelet/kubeadm-flags.env';
const config = '/var/lib/kubelet/config.yaml';
const cni = {
  '/etc/cni/net.d/10-x.conflist': '{"plugins":[{"type":"x"}]}',
  '/opt/cni/bin/x': { program: '' },
};

describe('the network arguments of the kubelet of kubeadm', () => {
  it('are shown with their places; the command line wins', async () => {
    const { values } = await platformOf({
      ...cni,
      [flags]: 'KUBELET_KUBEADM_ARGS="--node-ip=10.0.0.1,fd00::1 --cluster-domain=a.b --v=4"\n',
      [config]:
        'apiVersion: kubelet.config.k8s.io/v1beta1\nclusterDNS:\n- 10.96.0.10\n- fd01::a\nclusterDomain: cluster.local\n',
    });
    expect(
      values.map(
        ({ name, value, from: [from] }) =>
          `${name} ${value} ${from?.file ?? ''}:${String(from?.line)}`,
      ),
    ).to.deep.equal([
      `kubelet --node-ip 10.0.0.1,fd00::1 ${flags}:1`,
      `kubelet --cluster-domain a.b ${flags}:1`,
      `kubelet --cluster-dns 10.96.0.10,fd01::a ${config}:2`,
    ]);
  });

  it('are named where a kubelet of today does not know them', async () => {
    const platform = await platformOf({
      ...cni,
      [flags]: "KUBELET_KUBEADM_ARGS='--network-plugin=cni --cni-conf-dir=/etc/cni/net.d'\n",
    });
    expect(found(platform)).to.deep.equal([
      `kubelet-removed-flag ${flags}:1`,
      `kubelet-removed-flag ${flags}:1`,
    ]);
  });
});
