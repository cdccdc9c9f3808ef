import { expect } from 'chai';
import { checkText, judge } from '../../../core/kops/check/check-cluster.ts';
import { flagsFor } from '../../../core/kops/create/flag-table.ts';
import { fromFlags } from '../../../core/kops/create/from-flags.ts';
import { toFlags } from '../../../core/kops/create/to-flags.ts';
import { readClusters } from '../../../core/kops/document/read-clusters.ts';
import { yamlText } from '../../../core/yaml-text.ts';

function lineOf(
  text: string,
  kops: number,
): { readonly line: string; readonly left: readonly string[] } {
  const [cluster] = readClusters(text).clusters;
  const line = cluster && toFlags(judge(cluster, { kops }));
  return { line: line?.words.join(' ') ?? '', left: line?.left ?? [] };
}

function stanza(words: string, kops: number, api: 2 | 3 = 2): object | string {
  const created = fromFlags(words.split(' '), { kops, api });
  if (!created.ok) return created.message;
  return created.value.document;
}

function documentOf(spec: object | string): string {
  return yamlText({
    apiVersion: 'kops.k8s.io/v1alpha2',
    kind: 'Cluster',
    metadata: { name: 'a' },
    ...(typeof spec === 'object' && spec),
  });
}

describe('the line of kops create cluster', () => {
  it('becomes the stanza that kops writes', () => {
    expect(stanza('kops create cluster --networking weave --zones a', 10)).to.deep.equal({
      spec: { networking: { weave: { mtu: 8912 } } },
    });
    expect(stanza('--networking=flannel-udp', 30)).to.deep.equal({
      spec: { networking: { flannel: { backend: 'udp' } } },
    });
    expect(stanza('--networking kube-router', 30)).to.deep.equal({
      spec: { kubeProxy: { enabled: false }, networking: { kuberouter: {} } },
    });
    expect(
      stanza('--networking amazon-vpc-routed-eni --network-cidr 10.0.0.0/16', 30, 3),
    ).to.deep.equal({
      spec: { networking: { networkCIDR: '10.0.0.0/16', amazonVPC: {} } },
    });
    expect(stanza('--zones a --yes', 25)).to.deep.equal({ spec: { networking: { kubenet: {} } } });
    expect(stanza('--zones a --yes', 26)).to.deep.equal({
      spec: { kubeProxy: { enabled: false }, networking: { cilium: { enableNodePort: true } } },
    });
  });

  it('is refused with the values that this version takes', () => {
    expect(stanza('--networking weave', 28)).to.equal('kops 1.28 does not take --networking weave');
    expect(stanza('--networking kubenet --topology private', 20)).to.match(/private/);
    expect(stanza('--networking romana', 25, 3)).to.match(/does not take/);
  });

  for (const kops of [10, 18, 19, 22, 26, 30, 36]) {
    it(`goes both ways for every provider of kops 1.${kops}`, () => {
      for (const { value } of flagsFor(kops)) {
        const spec = stanza(`--networking ${value}`, kops);
        const { line, left } = lineOf(documentOf(spec), kops);
        expect(left, value).to.deep.equal([]);
        const again = stanza(line, kops);
        expect(again, `${value}: ${line}`).to.deep.equal(spec);
      }
    });
  }

  it('sets fields with --set since 1.22, with --override since 1.19, and names them before', () => {
    const text = documentOf({
      spec: {
        cloudProvider: 'aws',
        podCIDR: '100.96.0.0/12',
        networking: { calico: { mtu: 8981, ipipMode: 'Always' } },
      },
    });
    expect(lineOf(text, 30).line).to.contain(
      '--networking calico --set spec.podCIDR=100.96.0.0/12 --set spec.networking.calico.mtu=8981 --set spec.networking.calico.ipipMode=Always',
    );
    expect(lineOf(text, 20).line).to.contain('--override spec.networking.calico.mtu=8981');
    expect(lineOf(text, 16).left).to.include('spec.networking.calico.mtu');
    const env = documentOf({
      spec: { networking: { amazonvpc: { env: [{ name: 'A', value: 'b' }] } } },
    });
    expect(lineOf(env, 30).left).to.deep.equal(['spec.networking.amazonvpc.env']);
  });

  it('leaves out what kops would drop', () => {
    const text = documentOf({
      spec: { networking: { calico: { crossSubnet: true, IPIPMode: 'Always' } } },
    });
    expect(checkText(text, { kops: 30 }).issues).to.have.length(2);
    expect(lineOf(text, 30).line).to.match(/--networking calico$/);
  });
});
