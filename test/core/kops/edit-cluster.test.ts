import { expect } from 'chai';
import { judge } from '../../../core/kops/check/check-cluster.ts';
import { flagsFor } from '../../../core/kops/create/flag-table.ts';
import { editCluster, type EditedCluster } from '../../../core/kops/edit/edit-cluster.ts';
import { readClusters } from '../../../core/kops/document/read-clusters.ts';

const document = (networking: string, more = ''): string => `# team a
apiVersion: kops.k8s.io/v1alpha2
kind: Cluster
metadata:
  name: test.example.com
spec:
  cloudProvider: aws   # the account of team a
  kubernetesVersion: "1.30.2"
  networking:
${networking}
  nonMasqueradeCIDR: 100.64.0.0/10
${more}---
apiVersion: kops.k8s.io/v1alpha2
kind: InstanceGroup
metadata: {name: nodes}
`;

interface Edits {
  readonly networking?: string;
  readonly sets?: readonly string[];
  readonly unsets?: readonly string[];
  readonly kops?: number;
  readonly acceptLoss?: boolean;
}

function edit(text: string, { kops = 30, acceptLoss = false, ...edits }: Edits): EditedCluster {
  const versions = { kops, kubernetes: kops };
  const [cluster] = readClusters(text).clusters;
  if (cluster === undefined) throw new Error('no cluster');
  const all = { sets: [], unsets: [], ...edits };
  return editCluster(text, judge(cluster, versions), all, { ...versions, acceptLoss });
}

function codes({ refusals }: EditedCluster): readonly string[] {
  return refusals.map(({ code }) => code);
}

const calico = document('    calico: {}');

describe('editCluster', () => {
  it('sets a field with its type, and its reverse gives the same bytes', () => {
    const { text, refusals } = edit(calico, { sets: ['spec.networking.calico.mtu=8981'] });
    expect(refusals).to.deep.equal([]);
    expect(text).to.contain('    calico:\n      mtu: 8981\n');
    expect(edit(text, { unsets: ['cluster.spec.networking.calico.mtu'] }).text).to.equal(calico);
  });

  it('writes a number into a text field as a text', () => {
    const { text } = edit(calico, { sets: ['spec.networking.calico.version=3.28'] });
    expect(text).to.contain('version: "3.28"');
  });

  it('writes what crossSubnet means in this version', () => {
    const sets = ['spec.networking.calico.crossSubnet=true'];
    const since22 = edit(document('    calico:\n      crossSubnet: true # why'), { sets });
    expect(since22.text).to.contain(
      '    calico:\n      ipipMode: CrossSubnet\n      awsSrcDstCheck: Disable\n',
    );
    expect(edit(calico, { sets, kops: 18 }).text).to.contain('      crossSubnet: true\n');
    const vxlan = document('    calico:\n      encapsulationMode: vxlan');
    expect(edit(vxlan, { sets }).text).to.contain('      vxlanMode: CrossSubnet\n');
  });

  it('removes the line where kops would refuse its zero value', () => {
    const text = document(
      '    calico:\n      mtu: 1440\n      bpfEnabled: true',
      '  kubeProxy:\n    enabled: false\n',
    );
    const edited = edit(text, { sets: ['spec.networking.calico.bpfEnabled=false'] });
    expect(edited.text).to.contain('mtu: 1440').and.not.contain('bpfEnabled');
  });

  it('refuses fields and values that kops would drop or refuse, and changes nothing', () => {
    for (const [set, code] of [
      ['spec.networking.calico.IPIPMode=Always', 'kops-wrong-case'],
      ['spec.networking.calico.ipipMode=always', 'kops-value'],
      ['spec.networking.calico.mtu=jumbo', 'kops-edit'],
      ['spec.networking.calico.natOutgoing=true', 'kops-unknown-field'],
      ['spec.podCIDR=10.0.0.0', 'kops-range'],
      ['mtu=5', 'kops-edit'],
    ] as const) {
      const edited = edit(calico, { sets: [set] });
      expect(codes(edited), set).to.include(code);
      for (const issue of edited.refusals) expect(issue, set).to.include.keys('hint');
    }
    expect(codes(edit(calico, { unsets: ['spec.networking.calico.mtu'] }))).to.deep.equal([
      'kops-edit',
    ]);
  });

  it('refuses a field at the top that kops does not have, and says where it belongs', () => {
    for (const [set, hint] of [
      ['calico.mtu=9000', 'write spec.networking.calico.mtu'],
      ['sepc.networking.calico.mtu=9000', 'write it with dots from the top'],
    ] as const) {
      const edited = edit(calico, { sets: [set] });
      expect(codes(edited)).to.deep.equal(['kops-edit']);
      expect(edited.refusals[0]?.hint).to.contain(hint);
      expect(edited.text).to.equal(calico);
    }
    const before = `${calico.split('---')[0] ?? ''}calico:\n  mtu: 9000\n`;
    expect(edit(before, { unsets: ['calico.mtu'] }).text).to.not.contain('9000');
  });

  it('names the provider that is meant', () => {
    const [refusal] = edit(calico, { networking: 'Calico' }).refusals;
    expect(refusal?.hint).to.match(/^did you mean "calico"\? write one of /u);
  });

  it('does not refuse an edit because of what was wrong before', () => {
    const text = document('    calico:\n      IPIPMode: Always');
    const edited = edit(text, { sets: ['spec.networking.calico.mtu=1440'] });
    expect(edited.refusals).to.deep.equal([]);
    expect(edited.issues.map(({ code }) => code)).to.deep.equal(['kops-wrong-case']);
  });

  it('refuses what breaks a running cluster, unless the loss is accepted', () => {
    for (const edits of [
      { networking: 'cilium' },
      { sets: ['spec.podCIDR=100.96.0.0/12'] },
      { sets: ['spec.serviceClusterIPRange=100.72.0.0/13'] },
    ]) {
      const edited = edit(calico, edits);
      expect(codes(edited).join(' '), JSON.stringify(edits)).to.match(
        /^kops-change-(provider|range)$/,
      );
      const accepted = edit(calico, { ...edits, acceptLoss: true });
      expect(accepted.refusals).to.deep.equal([]);
      expect(accepted.warnings.map(({ severity }) => severity)).to.include('warning');
      expect(accepted.text).to.not.equal(calico);
    }
  });

  it('takes kubenet to Calico as a planned change, with a warning', () => {
    const edited = edit(document('    kubenet: {}'), { networking: 'calico' });
    expect(edited.refusals).to.deep.equal([]);
    expect(edited.text).to.equal(calico);
    expect(edited.warnings.map(({ code }) => code)).to.deep.equal(['kops-change-provider']);
  });

  it('takes classic to kubenet', () => {
    const edited = edit(document('    classic: {}'), { networking: 'kubenet', kops: 10 });
    expect(edited.refusals).to.deep.equal([]);
    expect(edited.text).to.contain('    kubenet: {}\n');
  });

  for (const kops of [10, 18, 22, 27, 30, 33, 36]) {
    it(`changes to every provider of kops 1.${kops} and back to the same bytes`, () => {
      const options = { kops, acceptLoss: true };
      const original = document(
        kops < 20 && kops > 10 ? '    calico:\n      majorVersion: v3' : '    calico: {}',
      );
      for (const { value } of flagsFor(kops)) {
        const there = edit(original, { ...options, networking: value });
        // A provider that this version refuses stays as it is, and so does cilium without its etcd.
        if (there.refusals.length > 0) {
          expect(codes(there).join(' '), value).to.match(/unsupported|provider-cloud|cilium-etcd/);
          continue;
        }
        const back = edit(there.text, { ...options, networking: 'calico' });
        expect(back.text, value).to.equal(original);
      }
    });
  }
});
