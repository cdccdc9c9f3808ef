import { expect } from 'chai';
import {
  imageFindings,
  parseCalicoPod,
  parseCalicoTemplate,
  type CalicoPod,
} from '../../../../core/platform/images/running.ts';

const v3 = 'docker.io/calico/node:v3.29.3';
const content = (digit: string): string => `docker.io/calico/node@sha256:${digit.repeat(64)}`;

interface Seen {
  readonly image?: string;
  readonly imageID?: string;
  readonly waiting?: object;
}

function pod(node: string, { image = v3, imageID = content('a'), waiting }: Seen = {}): CalicoPod {
  const state = waiting === undefined ? { running: {} } : { waiting };
  const parsed = parseCalicoPod({
    metadata: {
      namespace: 'kube-system',
      name: `calico-node-${node}`,
      labels: { 'k8s-app': 'calico-node' },
    },
    spec: { nodeName: node, containers: [{ name: 'calico-node', image }] },
    status: { containerStatuses: [{ name: 'calico-node', imageID, state }] },
  });
  if (parsed === undefined) throw new Error('no pod');
  return parsed;
}

function template(image: string): NonNullable<ReturnType<typeof parseCalicoTemplate>> {
  const parsed = parseCalicoTemplate({
    metadata: { namespace: 'kube-system', name: 'calico-node' },
    spec: { template: { spec: { containers: [{ name: 'calico-node', image }] } } },
  });
  if (parsed === undefined) throw new Error('no template');
  return parsed;
}

const lines = (...args: Parameters<typeof imageFindings>): readonly string[] =>
  imageFindings(...args).map(({ result, message }) => `${result}: ${message}`);

describe('the images that run', () => {
  it('are named with their content and nodes', () => {
    expect(lines([pod('node-2'), pod('node-1')], [template('calico/node:v3.29.3')])).to.deep.equal([
      `ok: kube-system/calico-node: ${v3} (sha256:aaaaaaaaaaaa…) on 2 nodes: node-1, node-2`,
    ]);
  });

  it('differ: both are named, with their nodes, and what the workload asks for', () => {
    const next = 'registry.example:5000/calico/node:v3.29.4';
    const pods = [
      pod('node-1', { image: next, imageID: content('b') }),
      pod('node-2'),
      pod('node-3'),
    ];
    expect(lines(pods, [template(next)])).to.deep.equal([
      `warning: kube-system/calico-node runs several images: ${v3} (sha256:aaaaaaaaaaaa…) on 2 nodes: node-2, node-3; ${next} (sha256:bbbbbbbbbbbb…) on node-1`,
      `warning: kube-system/calico-node should be ${next}, and is not yet on 2 nodes: node-2, node-3`,
    ]);
  });

  it('have one tag and two contents', () => {
    const [finding] = imageFindings([pod('node-1'), pod('node-2', { imageID: content('b') })], []);
    expect(finding?.result).to.equal('warning');
    expect(finding?.message).to.include('one name with several contents');
    expect(finding?.hint).to.include('pin the digest');
  });

  it('cannot be pulled: the message of the kubelet is bounded and safe on a terminal', () => {
    const message = `Back-off pulling image\u001b[31m ${'x'.repeat(1000)}`;
    const waiting = { reason: 'ImagePullBackOff', message };
    const pods = ['1', '2', '3', '4', '5'].map((name) => pod(name, { imageID: '', waiting }));
    const findings = imageFindings(pods, []);
    expect(findings.map(({ result }) => result)).to.deep.equal([
      'failed',
      'failed',
      'failed',
      'failed',
    ]);
    const [first, , , last] = findings;
    expect(first?.message).to.include(
      `pod calico-node-1 on 1 has no image ${v3}: ImagePullBackOff`,
    );
    expect(first?.message).to.include('\\u001b').and.not.include('\u001b');
    expect(first?.message.length).to.be.lessThan(500);
    expect(last?.message).to.equal('the same on 2 nodes: 4, 5');
  });

  it('are those that were pulled: one that was not is no other content', () => {
    const waiting = { reason: 'ErrImagePull', message: 'not found' };
    expect(lines([pod('node-1'), pod('node-2', { imageID: '', waiting })], [])).to.deep.equal([
      `ok: kube-system/calico-node: ${v3} (sha256:aaaaaaaaaaaa…) on node-1`,
      `failed: pod calico-node-node-2 on node-2 has no image ${v3}: ErrImagePull: not found`,
    ]);
  });

  it('that wait for another reason are no fault of an image', () => {
    const waiting = { reason: 'CrashLoopBackOff', message: 'back-off' };
    expect(lines([pod('node-1', { waiting })], [])).to.have.length(1);
  });

  it('of 5,000 nodes are one bounded line', () => {
    const pods = Array.from({ length: 5000 }, (_, index) => pod(`node-${String(index)}`));
    const [line, ...more] = lines(pods, [template(v3)]);
    expect(more).to.deep.equal([]);
    expect(line).to.include('on 5000 nodes').and.include('and 4990 more');
    expect(line?.length).to.be.lessThan(400);
  });

  it('that were imported have content that is not known, which is no other content', () => {
    const imported = pod('node-2', { imageID: `sha256:${'c'.repeat(64)}` });
    const other = pod('node-3', { imageID: `docker://sha256:${'d'.repeat(64)}` });
    expect(lines([pod('node-1'), imported, other], [])).to.deep.equal([
      `ok: kube-system/calico-node: ${v3} (content not known) on 2 nodes: node-2, node-3; ${v3} (sha256:aaaaaaaaaaaa…) on node-1`,
    ]);
  });

  it('are not known without pods, and that is said', () => {
    expect(lines([], [template(v3)])).to.deep.equal([
      'warning: no pod of Calico found in the cluster',
    ]);
  });
});
