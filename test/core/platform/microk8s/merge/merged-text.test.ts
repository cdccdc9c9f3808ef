import { expect } from 'chai';
import { mergeManifests } from '../../../../../core/platform/microk8s/merge/merge-manifests.ts';
import {
  mergedText,
  type Answers,
  type MergedText,
} from '../../../../../core/platform/microk8s/merge/merged-text.ts';
import { readAnswers } from '../../../../../core/platform/microk8s/merge/read-answers.ts';
import { manifest } from '../../../../support/platform/microk8s-node.ts';

const newer = manifest
  .replaceAll('v3.29.3', 'v3.30.1')
  .replace('"cniVersion": "0.3.1"', '"cniVersion": "1.0.0"');

function merged(mine: string, answers: Answers = new Map(), shipped = newer): MergedText {
  const { carried, conflicts, issues } = mergeManifests({
    before: { file: '/before', text: manifest },
    mine: { file: '/cni.yaml', text: mine },
    shipped: { file: '/shipped', text: shipped },
  });
  expect(issues).to.deep.equal([]);
  return mergedText(shipped, carried, conflicts, answers);
}

const config = 'ConfigMap/kube-system/calico-config/data/cni_network_config';

describe('the text of a merged manifest', () => {
  it('is the new release byte by byte where nobody changed anything', () => {
    expect(merged(manifest).text).to.equal(newer);
  });

  it('has the changes of people at their places, and all else of the new release', () => {
    const change = (text: string): string =>
      text
        .replace('calico_backend: "vxlan"', 'calico_backend: "bird"')
        .replace('"10.1.0.0/16"', '"10.100.0.0/16"');
    const { text, open, stuck } = merged(change(manifest));
    expect(text).to.equal(change(newer));
    expect([open, stuck]).to.deep.equal([[], []]);
  });

  it('leaves a conflict open until it has an answer, and then takes the side of the answer', () => {
    const mine = manifest.replace('"cniVersion": "0.3.1"', '"cniVersion": "0.4.0"');
    expect(merged(mine).open).to.have.length(1);
    expect(merged(mine, new Map([[config, 'shipped']])).text).to.equal(newer);
    const own = merged(mine, new Map([[config, 'mine']]));
    expect(own.open).to.deep.equal([]);
    expect(own.text).to.equal(newer.replace('"cniVersion": "1.0.0"', '"cniVersion": "0.4.0"'));
  });

  it('leaves a change out where the answer is the new release', () => {
    const mine = manifest.replace('veth_mtu: "0"', 'veth_mtu: "1400"');
    const id = 'ConfigMap/kube-system/calico-config/data/veth_mtu';
    expect(merged(mine).text).to.include('veth_mtu: "1400"');
    expect(merged(mine, new Map([[id, 'shipped']])).text).to.equal(newer);
  });

  it('appends an object of people with its comments, and drops one that they took away', () => {
    const own = '# mine\nkind: ConfigMap\nmetadata:\n  name: own\n';
    const without = (text: string): string =>
      text.replace(/---\napiVersion: apiextensions[^-]*/, '');
    expect(merged(`${manifest}---\n${own}`).text).to.equal(`${newer}---\n${own}`);
    expect(merged(without(manifest)).text).to.equal(without(newer));
  });

  it('replaces a list whose items have no name as a whole', () => {
    const tolerations = (effect: string): string =>
      `      tolerations:\n        - effect: ${effect}\n          operator: Exists\n`;
    const put = (text: string, effect: string): string =>
      text.replace('      initContainers:\n', `${tolerations(effect)}      initContainers:\n`);
    const { carried, conflicts } = mergeManifests({
      before: { file: '/before', text: put(manifest, 'NoSchedule') },
      mine: { file: '/mine', text: put(manifest, 'NoExecute') },
      shipped: { file: '/shipped', text: put(newer, 'NoSchedule') },
    });
    const { text, stuck } = mergedText(put(newer, 'NoSchedule'), carried, conflicts, new Map());
    expect(stuck).to.deep.equal([]);
    expect(text).to.include('effect: NoExecute').and.not.include('effect: NoSchedule');
  });
});

describe('answers about the conflicts of a merge', () => {
  it('are read from a file, all faults at once with their lines', () => {
    expect(readAnswers(`${config}: mine\n`, new Set([config]))).to.deep.equal({
      ok: true,
      answers: new Map([[config, 'mine']]),
    });
    const read = readAnswers(`${config}: yours\nother: mine\n`, new Set([config]));
    expect(
      read.ok ? [] : read.issues.map(({ code, line }) => `${code} ${String(line)}`),
    ).to.deep.equal(['answers-invalid 1', 'answers-unknown 2']);
  });
});
