/** What becomes of the files of MetalLB's objects when the configuration that made them goes. */
import { expect } from 'chai';
import { mkdir, mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { parse } from 'yaml';
import { createCalicoFiles } from '../../../../../agent/adapters/calico-files/driver.ts';
import type { RunningAgent } from '../../../../../agent/app/create-agent.ts';
import type { ObjectFiles } from '../../../../../agent/ports/platform/object-files.ts';
import { AppError } from '../../../../../runtime/errors.ts';
import { agentOn, inForce, localOffer, statusWhen } from '../../../../support/agents/agent-on.ts';
import { createManualClock } from '../../../../support/clocks/manual-clock.ts';
import { eventually } from '../../../../support/eventually.ts';

const head = 'apiVersion: calico-agent/v1\nkind: NetworkConfig\n';
const twoObjects = `${head}metallb: {layer2: [10.0.0.0/28, "fd00::/124"]}\n`;
const none = `${head}bgp: {asNumber: 64512}\n`;
const poolFile = '10-ipaddresspool-metallb-system.layer2.yaml';
const onePool = `${head}metallb: {pools: [{name: wide, labels: {zone: a}, addresses: [10.0.0.0/28, "fd00::/124"]}]}\n`;
const wideFile = '10-ipaddresspool-metallb-system.wide.yaml';

describe('files of MetalLB’s objects, when their configuration goes,', function () {
  this.timeout(60_000);
  let root: string;
  /** The files that were there when the agent wanted to write the refused one. */
  let atRefusal: readonly string[];
  const folder = (): string => path.join(root, 'resources', 'metallb');
  const names = async (): Promise<readonly string[]> => (await readdir(folder())).toSorted();

  beforeEach(async () => {
    root = await mkdtemp(path.join(tmpdir(), 'calico-agent-objects-'));
    atRefusal = [];
  });
  afterEach(async () => rm(root, { recursive: true }));

  /** @param refuses the kind whose file cannot be written, for a reason that does not pass */
  const startAgent = async (refuses?: string): Promise<RunningAgent> => {
    const connection = createCalicoFiles({ folder: path.join(root, 'resources'), tool: 'kubectl' });
    const { objects } = connection;
    if (objects === undefined) throw new Error('the files driver has files of objects');
    const apply: ObjectFiles['apply'] = async (change) => {
      const isRefused = change.action === 'apply-object' && change.object.kind === refuses;
      if (!isRefused) return objects.apply(change);
      atRefusal = await names();
      throw new AppError('apply-failed', 'refused by the test');
    };
    const agent = agentOn({
      folder: path.join(root, 'state'),
      datastore: connection.datastore,
      connection: { ...connection, objects: { ...objects, apply } },
      clock: createManualClock(),
    });
    await agent.start();
    return agent;
  };

  it('are removed after the first configuration was rejected midway, and those of others stay', async () => {
    await mkdir(folder(), { recursive: true });
    await writeFile(path.join(folder(), 'mine.yaml'), 'kind: Secret\n');
    const agent = await startAgent('L2Advertisement');
    try {
      expect(await agent.offers.offer(localOffer(twoObjects))).to.include({ result: 'accepted' });
      await statusWhen(agent, ({ revisions }) => revisions.rejected.length > 0);
      expect(atRefusal).to.deep.equal([poolFile, 'mine.yaml']);
      await eventually(async () => expect(await names()).to.deep.equal(['mine.yaml']));
    } finally {
      await agent.stop();
    }
  });

  it('stay without the agent’s marks after a release, whatever it was offered before and after', async () => {
    const agent = await startAgent('L2Advertisement');
    const apply = async (text: string, number: number): Promise<void> => {
      expect(await agent.offers.offer(localOffer(text))).to.include({ result: 'accepted' });
      await statusWhen(agent, inForce(number));
    };
    try {
      await agent.offers.offer(localOffer(twoObjects));
      await statusWhen(agent, ({ revisions }) => revisions.rejected.length > 0);
      await apply(onePool, 2);
      const files = [{ kind: 'IPAddressPool', name: 'metallb-system/wide', scope: 'cluster' }];
      expect(await agent.operations.owned()).to.deep.equal(files);
      expect(await agent.operations.release()).to.deep.equal({ objects: files, left: [] });
      await statusWhen(agent, ({ state }) => state === 'waiting');
      expect(await agent.operations.owned()).to.deep.equal([]);
      await apply(none, 3);
      expect(await names()).to.deep.equal([wideFile]);
      const text = await readFile(path.join(folder(), wideFile), 'utf8');
      expect(text).to.not.contain('calico-agent');
      expect(parse(text)).to.deep.equal({
        apiVersion: 'metallb.io/v1beta1',
        kind: 'IPAddressPool',
        metadata: { name: 'wide', namespace: 'metallb-system', labels: { zone: 'a' } },
        spec: { addresses: ['10.0.0.0/28', 'fd00::/124'] },
      });
    } finally {
      await agent.stop();
    }
  });
});
