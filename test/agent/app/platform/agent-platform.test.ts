/** The whole agent on a node that is K3s by its files; the helper's code writes below a root folder. */
import { expect } from 'chai';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { writeHostFile } from '../../../../agent/adapters/host-changes/write-host-file.ts';
import { createHostFiles } from '../../../../agent/adapters/host-files/host-files.ts';
import { createHostEditFiles } from '../../../../agent/adapters/state-directory/host-edit-files.ts';
import type { RunningAgent } from '../../../../agent/app/create-agent.ts';
import { createHostChanges } from '../../../../agent/app/platform/host-changes.ts';
import type { HostWriter } from '../../../../agent/ports/platform/host-writer.ts';
import { silentLogger } from '../../../../runtime/log/logger.ts';
import { agentOn, inForce, localOffer, statusWhen } from '../../../support/agents/agent-on.ts';
import { quickClock } from '../../../support/clocks/quick-clock.ts';
import { eventually } from '../../../support/eventually.ts';
import { createMemoryDatastore } from '../../../support/twins/memory-datastore.ts';

const head = 'apiVersion: calico-agent/v1\nkind: NetworkConfig\n';
const section = `${head}platform: k3s\nk3s: {disable: [servicelb]}\n`;
const dropIn = '/etc/rancher/k3s/config.yaml.d/zz-calico-agent.yaml';

describe('the agent of a node with files of a platform', () => {
  let root: string;
  let agent: RunningAgent;
  let obstacle: string | undefined;
  let restarts: string[];

  const text = (): Promise<string | undefined> =>
    readFile(path.join(root, dropIn), 'utf8').catch(() => undefined);

  beforeEach(async () => {
    root = await mkdtemp(path.join(tmpdir(), 'agent-platform-'));
    await mkdir(path.join(root, '/etc/systemd/system'), { recursive: true });
    await mkdir(path.join(root, '/etc/rancher/k3s'), { recursive: true });
    await writeFile(
      path.join(root, '/etc/systemd/system/k3s.service'),
      '[Service]\nExecStart=/usr/local/bin/k3s server\n',
    );
    obstacle = undefined;
    restarts = [];
    const state = path.join(root, 'state');
    const host = createHostChanges({
      files: createHostFiles(root),
      programs: {
        k3sVersion: () => Promise.resolve('k3s version v1.31.4+k3s1'),
        links: () => Promise.resolve([]),
      },
      writer,
      edits: createHostEditFiles(state, silentLogger),
    });
    const datastore = createMemoryDatastore();
    agent = agentOn({ folder: state, datastore, host, clock: quickClock });
    await agent.start();
  });
  afterEach(async () => {
    await agent.stop();
    await rm(root, { recursive: true });
  });

  const writer: HostWriter = {
    obstacle: () => Promise.resolve(obstacle),
    write: async (file, before, content) =>
      void (await writeHostFile(root, { path: file, before, text: content })),
    remove: async (file, before) => void (await writeHostFile(root, { path: file, before })),
    restart: (service) => Promise.resolve(void restarts.push(service)),
  };

  const offer = async (document: string): Promise<void> => {
    await agent.offers.offer(localOffer(document));
  };

  it('writes the file, restarts the service, and removes the file with the section', async () => {
    await offer(section);
    await statusWhen(agent, inForce(1));
    expect(await text()).to.include('servicelb');
    expect(restarts).to.deep.equal(['k3s.service']);
    await offer(head);
    await eventually(async () => expect(await text()).to.equal(undefined));
    await eventually(() => expect(restarts).to.have.length(2));
  });

  it('corrects what somebody changed in it, without being asked', async () => {
    await offer(section);
    await statusWhen(agent, inForce(1));
    const written = await text();
    await writeFile(path.join(root, dropIn), 'cluster-domain: mine\n');
    await eventually(async () => expect(await text()).to.equal(written));
  });

  it('changes nothing without the helper, says so, and goes on when it is there', async () => {
    obstacle = 'the helper does not listen';
    await offer(section);
    await statusWhen(agent, ({ message }) => message.includes('the helper does not listen'));
    expect([await text(), restarts]).to.deep.equal([undefined, []]);
    obstacle = undefined;
    await statusWhen(agent, inForce(1));
    expect(await text()).to.include('servicelb');
  });
});
