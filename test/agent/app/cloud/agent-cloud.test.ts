/** The whole agent on an instance of EC2 in memory. */
import { expect } from 'chai';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createCloudNotesFile } from '../../../../agent/adapters/state-directory/cloud-notes-file.ts';
import { createCloud } from '../../../../agent/app/cloud/create-cloud.ts';
import type { RunningAgent } from '../../../../agent/app/create-agent.ts';
import { valueAt } from '../../../../core/input/plain-data.ts';
import type { OtherSetters } from '../../../../core/cloud/observed-cloud.ts';
import { AppError } from '../../../../runtime/errors.ts';
import { silentLogger } from '../../../../runtime/log/logger.ts';
import type { AgentStatus } from '../../../../schemas/generated/agent-status.ts';
import { agentOn, inForce, localOffer } from '../../../support/agents/agent-on.ts';
import { createManualClock, type ManualClock } from '../../../support/clocks/manual-clock.ts';
import { passToNextTimer } from '../../../support/clocks/pass-to-next-timer.ts';
import {
  createMemoryDatastore,
  type MemoryDatastore,
} from '../../../support/twins/memory-datastore.ts';
import { createMemoryEc2, face, type MemoryEc2 } from '../../../support/twins/memory-ec2.ts';

const head = 'apiVersion: calico-agent/v1\nkind: NetworkConfig\n';
const section = `${head}cloud: {provider: aws, sourceDestCheck: disabled}\n`;
const hourMs = 3_600_000;

describe('the agent of a node in EC2', () => {
  let folder: string;
  let clock: ManualClock;
  let agent: RunningAgent;
  let ec2: MemoryEc2;
  let others: OtherSetters;
  let datastore: MemoryDatastore;

  beforeEach(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'agent-cloud-'));
    clock = createManualClock();
    ec2 = createMemoryEc2();
    others = { unread: [] };
    datastore = createMemoryDatastore();
  });
  afterEach(async () => {
    await agent.stop();
    await rm(folder, { recursive: true });
  });

  const start = async (policy: 'correct' | 'report' = 'correct'): Promise<void> => {
    const cloud = createCloud({
      ec2,
      notes: createCloudNotesFile(folder, silentLogger),
      others: { read: () => Promise.resolve(others) },
      clock,
    });
    const settings = { driftPolicy: policy };
    agent = agentOn({ folder, datastore, cloud, clock, settings });
    await agent.start();
  };
  const offer = async (document: string): Promise<void> => {
    const outcome = await agent.offers.offer(localOffer(document));
    if (outcome.result === 'refused') throw new Error(outcome.message);
  };
  const until = async (isSo: (status: AgentStatus) => boolean): Promise<AgentStatus> => {
    const endMs = clock.elapsed() + hourMs;
    while (!isSo(agent.readings.status())) {
      if (clock.elapsed() > endMs) expect.fail(agent.readings.status().message);
      await passToNextTimer(clock);
    }
    return agent.readings.status();
  };
  const sets = (): readonly string[] => ec2.calls.filter((call) => call.startsWith('set'));
  const onDisk = async (): Promise<string> =>
    readFile(path.join(folder, 'cloud-notes.json'), 'utf8').catch(() => 'no file');

  it('disables the check, and puts it back without the section', async () => {
    await start();
    await offer(section);
    await until(inForce(1));
    expect(sets()).to.deep.equal(['set eni-0 disabled']);
    await offer(head);
    await until(inForce(2));
    expect(sets()).to.deep.equal(['set eni-0 disabled', 'set eni-0 enabled']);
    expect(await onDisk()).to.contain('"interfaces":[]');
  });

  it('puts it back after a rollback, also of what another process changed', async () => {
    await start();
    await offer(head);
    await until(inForce(1));
    await offer(section);
    await until(inForce(2));
    await agent.stop();
    await start();
    await until(inForce(2));
    await agent.operations.rollback({ by: 'test' });
    await until(inForce(1));
    expect(sets()).to.deep.equal(['set eni-0 disabled', 'set eni-0 enabled']);
  });

  const bgp = (asNumber: number): string => `bgp: {asNumber: ${String(asNumber)}}\n`;
  const asInCalico = (): unknown =>
    valueAt(datastore.contents(), 'BGPConfiguration/default', 'spec', 'asNumber');

  it('puts Calico back in a rollback while EC2 does not answer, and then waits for EC2', async () => {
    await start();
    await offer(head + bgp(64_512));
    await until(inForce(1));
    await offer(section + bgp(64_513));
    await until(inForce(2));
    ec2.failure = new AppError('not-ready', 'cannot read the metadata', { retryable: true });
    await agent.operations.rollback({ by: 'test' });
    await until(() => asInCalico() === 64_512);
    expect(agent.readings.status().revisions.inForce?.number).to.equal(2);
    ec2.failure = undefined;
    await until(inForce(1));
    expect(sets().at(-1)).to.equal('set eni-0 enabled');
  });

  for (const [name, fails] of [
    ['lacks the right', () => (ec2.denied = true)],
    [
      'gets another answer',
      () => (ec2.tryCheck = () => Promise.reject(new AppError('busy', 'busy'))),
    ],
  ] as const) {
    it(`puts Calico back in a rollback where the dry run ${name}`, async () => {
      await start();
      await offer(head + bgp(64_512));
      await until(inForce(1));
      await offer(section + bgp(64_513));
      await until(inForce(2));
      fails();
      await agent.operations.rollback({ by: 'test' });
      await until(inForce(1));
      expect(asInCalico()).to.equal(64_512);
    });
  }

  it('keeps the note until EC2 shows what was put back', async () => {
    await start();
    await offer(section);
    await until(inForce(1));
    ec2.lag = 6;
    const notes: string[] = [];
    ec2.beforeSet = async () => {
      notes.push(await onDisk());
    };
    await offer(head);
    await until(inForce(2));
    expect(notes).to.have.lengthOf(2);
    expect(notes[1]).to.contain('eni-0');
    expect(await onDisk()).to.contain('"interfaces":[]');
  });

  it('does not keep what was read while the check was changed', async () => {
    await start();
    const cloud = createCloud({
      ec2,
      notes: createCloudNotesFile(folder, silentLogger),
      others: { read: () => reading.then(() => others) },
      clock,
    });
    let goOn = (): void => undefined;
    const reading = new Promise<void>((resolve) => {
      goOn = resolve;
    });
    const [before, after] = ['enabled', 'disabled'] as const;
    const observing = cloud.observe(undefined, 'node-0');
    await new Promise(setImmediate);
    await cloud.apply({
      action: 'set-source-dest-check',
      interface: 'eni-0',
      before,
      after,
      fields: [],
    });
    goOn();
    await observing;
    expect((await cloud.observe(undefined, 'node-0')).interfaces[0]?.check).to.equal(after);
  });

  it('has the original on disk before the first write', async () => {
    let before = '';
    ec2.beforeSet = async () => {
      before = await onDisk();
    };
    await start();
    await offer(section);
    await until(inForce(1));
    expect(before).to.contain('{"instance":"i-1","interface":"eni-0","original":"enabled"}');
  });

  it('knows the way back after a crash between the note and the write', async () => {
    const notes = createCloudNotesFile(folder, silentLogger);
    await notes.save([{ instance: 'i-1', interface: 'eni-0', original: 'disabled' }]);
    await start();
    await offer(section);
    await until(inForce(1));
    await offer(head);
    await until(inForce(2));
    expect(sets()).to.deep.equal(['set eni-0 disabled']);
  });

  it('waits until EC2 shows the change', async () => {
    ec2.lag = 3;
    await start();
    await offer(section);
    await until(inForce(1));
    expect(sets()).to.deep.equal(['set eni-0 disabled']);
  });

  it('corrects the check that somebody enabled, within quarter of an hour', async () => {
    await start();
    await offer(section);
    await until(inForce(1));
    ec2.faces = ec2.faces.map((one) => ({ ...one, check: 'enabled' }));
    const sinceMs = clock.elapsed();
    await until(() => sets().length === 2);
    expect(clock.elapsed() - sinceMs).to.be.below(900_000);
  });

  it('asks EC2 only now and then while nothing changes', async () => {
    await start();
    await offer(section);
    await until(inForce(1));
    const sinceMs = clock.elapsed();
    const asked = ec2.calls.length;
    await until(() => clock.elapsed() - sinceMs > hourMs / 2);
    expect(ec2.calls.length - asked).to.be.within(1, 7);
  });

  it('sets the check of an interface that somebody attaches, in the next pass', async () => {
    await start();
    await offer(section);
    await until(inForce(1));
    ec2.faces = [
      { ...face('eni-0', 0, '10.0.0.9'), check: 'disabled' },
      face('eni-1', 1, '10.0.0.2'),
    ];
    const sinceMs = clock.elapsed();
    await until(() => sets().includes('set eni-1 disabled'));
    expect(clock.elapsed() - sinceMs).to.be.below(120_000);
    expect(sets().at(-1)).to.equal('set eni-0 enabled');
  });

  it('reports drift and corrects nothing where the policy says so', async () => {
    await start('report');
    await offer(section);
    await until(inForce(1));
    ec2.faces = ec2.faces.map((one) => ({ ...one, check: 'enabled' }));
    await until(({ state }) => state === 'drifted');
    const { fields } = await agent.operations.drift();
    expect(fields.map(({ kind, name, path: at }) => [kind, name, at])).to.deep.equal([
      ['NetworkInterface', 'eni-0', 'sourceDestCheck'],
    ]);
    expect(sets()).to.have.lengthOf(1);
  });

  it('names the statement that the instance profile lacks, and goes on when it has it', async () => {
    ec2.denied = true;
    await start();
    await offer(section);
    const { message } = await until((status) => status.message.includes('does not permit'));
    expect(message).to.contain('"Action":"ec2:ModifyNetworkInterfaceAttribute"');
    expect(message).to.contain('arn:aws:ec2:eu-west-1:123456789012:network-interface/eni-0');
    expect(await onDisk()).to.equal('no file');
    ec2.denied = false;
    await until(inForce(1));
  });

  it('claims nothing while EC2 cannot be read, and goes on when it answers', async () => {
    ec2.failure = new AppError('not-ready', 'cannot read the metadata', { retryable: true });
    await start();
    await offer(section);
    const { revisions } = await until((one) => one.message.includes('cannot read the metadata'));
    expect(revisions.inForce).to.equal(undefined);
    ec2.failure = undefined;
    await until(inForce(1));
  });

  it('shows the change and the missing right in a preview, and changes nothing', async () => {
    ec2.denied = true;
    await start();
    const outcome = await agent.offers.plan(section);
    if (!outcome.ok) return expect.fail('refused');
    const { steps, issues } = outcome.plan;
    expect(steps.flatMap(({ changes }) => changes).map(({ action }) => action)).to.deep.equal([
      'set-source-dest-check',
    ]);
    expect(issues.map(({ code }) => code)).to.deep.equal(['cloud-not-permitted']);
    expect(sets()).to.deep.equal([]);
  });
});
