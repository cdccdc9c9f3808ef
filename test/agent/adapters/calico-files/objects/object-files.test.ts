/** A running agent that keeps MetalLB's objects as files, and a person who changes them. */
import { expect } from 'chai';
import {
  mkdir,
  mkdtemp,
  readFile,
  readdir,
  rename,
  rm,
  symlink,
  writeFile,
} from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { parse, parseAllDocuments } from 'yaml';
import { createCalicoFiles } from '../../../../../agent/adapters/calico-files/driver.ts';
import type { RunningAgent } from '../../../../../agent/app/create-agent.ts';
import { isMap, textMapAt, valueAt } from '../../../../../core/input/plain-data.ts';
import { describePlan } from '../../../../../core/plan/describe.ts';
import { agentOn, inForce, localOffer, statusWhen } from '../../../../support/agents/agent-on.ts';
import { createManualClock, type ManualClock } from '../../../../support/clocks/manual-clock.ts';
import { eventually } from '../../../../support/eventually.ts';
import { failure } from '../../../../support/failure.ts';
import { run } from '../../../cli/run-command.ts';

const head = 'apiVersion: calico-agent/v1\nkind: NetworkConfig\n';
const wide = `${head}metallb: {layer2: [10.0.0.0/28]}\n`;
const narrow = `${head}metallb: {pools: [{name: layer2, labels: {zone: a}, addresses: [10.0.0.0/30, "fd00::/124"]}]}\n`;
const none = `${head}bgp: {asNumber: 64512}\n`;
const poolFile = '10-ipaddresspool-metallb-system.layer2.yaml';
const advertisementFile = '50-l2advertisement-metallb-system.layer2.yaml';

describe('MetalLB’s objects as files', function () {
  this.timeout(60_000);
  let root: string;
  let clock: ManualClock;
  let agent: RunningAgent;
  beforeEach(async () => {
    root = await mkdtemp(path.join(tmpdir(), 'calico-agent-objects-'));
    clock = createManualClock();
    const connection = createCalicoFiles({ folder: path.join(root, 'resources'), tool: 'kubectl' });
    agent = agentOn({
      folder: path.join(root, 'state'),
      datastore: connection.datastore,
      connection,
      clock,
    });
    await agent.start();
  });
  afterEach(async () => {
    await agent.stop();
    await rm(root, { recursive: true });
  });

  const folder = (): string => path.join(root, 'resources', 'metallb');
  const at = (name: string): string => path.join(folder(), name);
  const names = async (): Promise<readonly string[]> => (await readdir(folder())).toSorted();
  const read = async (name: string): Promise<unknown> => parse(await readFile(at(name), 'utf8'));
  const put = async (name: string, text: string): Promise<void> => {
    await mkdir(folder(), { recursive: true });
    // In one step, as the agent may read at any time.
    await writeFile(at('.new'), text);
    await rename(at('.new'), at(name));
  };
  const apply = async (text: string, number: number): Promise<void> => {
    const outcome = await agent.offers.offer(localOffer(text));
    if (outcome.result === 'refused') throw new Error(JSON.stringify(outcome));
    await statusWhen(agent, inForce(number));
  };
  const plan = async (text: string): Promise<string> => {
    const planned = await agent.offers.plan(text);
    return planned.ok
      ? describePlan(planned.plan)
      : planned.issues.map(({ message }) => message).join('\n');
  };

  it('have a file each, which says whose it is, and nobody has to confirm commands', async () => {
    await apply(wide, 1);
    expect(await names()).to.deep.equal([poolFile, advertisementFile]);
    expect(await readFile(at(poolFile), 'utf8')).to.match(/^# Written by calico-agent/u);
    expect(await read(poolFile)).to.deep.equal({
      apiVersion: 'metallb.io/v1beta1',
      kind: 'IPAddressPool',
      metadata: {
        name: 'layer2',
        namespace: 'metallb-system',
        labels: {
          'app.kubernetes.io/managed-by': 'calico-agent',
          'calico-agent/edited': 'true',
        },
        annotations: { 'calico-agent/undo': 'created' },
      },
      spec: { addresses: ['10.0.0.0/28'] },
    });
    expect(agent.readings.status().revisions.confirmed?.number).to.equal(1);
    expect(agent.readings.status().datastore.message).to.contain(`kubectl apply -f ${folder()}`);
    expect((await agent.operations.drift()).fields).to.deep.equal([]);
  });

  it('are the documents that render prints for kubectl, and the marks', async () => {
    await apply(wide, 1);
    const config = path.join(root, 'config.yaml');
    const nodes = path.join(root, 'nodes.yaml');
    await writeFile(config, wide);
    await writeFile(nodes, '- {name: node-0, addresses: [10.0.0.20/24]}\n');
    const rendered = await run(['render', config, '--nodes', nodes, '--for', 'kubectl']);
    expect(rendered.stderr).to.equal('');
    const documents = parseAllDocuments(rendered.stdout).map((one): unknown => one.toJS());
    const files = await Promise.all((await names()).map(read));
    expect(files.map(withoutMarks)).to.deep.equal(documents);
  });

  it('are replaced, and removed when no revision asks for them', async () => {
    await apply(wide, 1);
    await apply(narrow, 2);
    expect(await names()).to.deep.equal([poolFile]);
    expect(valueAt(await read(poolFile), 'spec', 'addresses')).to.deep.equal([
      '10.0.0.0/30',
      'fd00::/124',
    ]);
    expect(await plan(none)).to.contain('kubectl apply deletes nothing in a cluster');
    await apply(none, 3);
    expect(await names()).to.deep.equal([]);
  });

  it('come back as they were with a rollback', async () => {
    await apply(wide, 1);
    const before = await readFile(at(poolFile), 'utf8');
    await apply(narrow, 2);
    await agent.operations.rollback({ by: 'test' });
    await statusWhen(agent, inForce(1));
    expect(await names()).to.deep.equal([poolFile, advertisementFile]);
    expect(await readFile(at(poolFile), 'utf8')).to.equal(before);
  });

  it('are mended after somebody changed or removed a file', async () => {
    await apply(wide, 1);
    const before = await readFile(at(poolFile), 'utf8');
    await put(poolFile, before.replace('10.0.0.0/28', '10.0.0.0/8'));
    await rm(at(advertisementFile));
    await eventually(async () => {
      clock.advance(60_000);
      expect(await names()).to.deep.equal([poolFile, advertisementFile]);
      expect(await readFile(at(poolFile), 'utf8')).to.equal(before);
    });
  });

  it('leave other files alone, also where such a file has the object already', async () => {
    const mine = `apiVersion: metallb.io/v1beta1
kind: IPAddressPool
metadata: {name: layer2, namespace: metallb-system, labels: {mine: x}}
spec: {addresses: [10.0.0.0/28]}
`;
    await put('mine.yaml', mine);
    await put('other.yaml', mine.replaceAll('layer2', 'other'));
    await put('values.yaml', 'controller: {enabled: true}\n');
    await apply(wide, 1);
    expect(await names()).to.deep.equal([
      advertisementFile,
      'mine.yaml',
      'other.yaml',
      'values.yaml',
    ]);
    await apply(none, 2);
    expect(await names()).to.deep.equal(['mine.yaml', 'other.yaml', 'values.yaml']);
    expect(await readFile(at('mine.yaml'), 'utf8')).to.equal(mine);
  });

  it('are refused where a file of somebody else has the object with other values', async () => {
    const other = `apiVersion: metallb.io/v1beta1
kind: IPAddressPool
metadata: {name: layer2, namespace: metallb-system}
spec: {addresses: [10.0.0.0/24]}
`;
    for (const name of ['mine.yaml', poolFile]) {
      await put(name, other);
      const planned = await plan(narrow);
      expect(planned).to.contain(
        `others set these fields of IPAddressPool metallb-system/layer2 to other values: .metadata.labels.zone (the file "${name}"), .spec.addresses (the file "${name}")`,
      );
      await rm(at(name));
    }
  });

  for (const [what, text, reason] of [
    ['is no YAML', 'a: {', /line 1/u],
    [
      'has no name of its object',
      'apiVersion: metallb.io/v1beta1\nkind: IPAddressPool\n',
      /has no name/u,
    ],
    ['has no object', 'just text\n', /is no object of Kubernetes/u],
  ] as const) {
    it(`are not taken for absent where a file ${what}`, async () => {
      await apply(wide, 1);
      await put(poolFile, text);
      const error = await failure(agent.operations.drift());
      expect(error).to.include({ code: 'datastore-failed', retryable: true });
      expect(error.message).to.match(reason).and.to.contain(at(poolFile));
      expect(await readFile(at(poolFile), 'utf8')).to.equal(text);
    });
  }

  it('are not taken for absent where a link stands in the place of a file', async () => {
    await apply(wide, 1);
    await symlink('/etc/hostname', at('.link'));
    await rename(at('.link'), at(poolFile));
    expect((await failure(agent.operations.drift())).message).to.contain('a symbolic link');
    expect(agent.readings.status().revisions.inForce?.number).to.equal(1);
  });

  it('are not taken for absent where a link stands in the place of the folder', async () => {
    await mkdir(path.dirname(folder()), { recursive: true });
    await symlink('/etc', folder());
    expect((await failure(agent.offers.plan(wide))).message).to.contain('a symbolic link');
  });

  it('stop no configuration that asks for none where the folder is of somebody else', async () => {
    await put('chart.yaml', 'metadata: {{ include "name" . }}\n');
    await apply(none, 1);
    const planned = await agent.offers.plan(none);
    const issues = planned.ok ? planned.plan.issues : planned.issues;
    expect(issues.map(({ code }) => code)).to.include('object-files-unread');
    expect(await names()).to.deep.equal(['chart.yaml']);
  });

  it('are not written over a document that somebody added to the agent’s file', async () => {
    await apply(wide, 1);
    const text = `${await readFile(at(poolFile), 'utf8')}---\nkind: ConfigMap\n`;
    await put(poolFile, text);
    const error = await failure(agent.operations.drift());
    expect(error.message).to.contain('it holds other documents');
    expect(await readFile(at(poolFile), 'utf8')).to.equal(text);
  });
});

/** As the file is without the marks of edits, which a printed document does not have. */
function withoutMarks(document: unknown): unknown {
  if (!isMap(document) || !isMap(document['metadata'])) return document;
  const { annotations: _annotations, ...metadata } = document['metadata'];
  const { 'calico-agent/edited': _edited, ...labels } = textMapAt(document, 'metadata', 'labels');
  return { ...document, metadata: { ...metadata, labels } };
}
