/** The command in this process, against a controller with its real decider. */
import { expect } from 'chai';
import { PassThrough } from 'node:stream';
import { text } from 'node:stream/consumers';
import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { runCli } from '../../../../controller/cli/run-cli.ts';
import type { ExitStatus } from '../../../../runtime/cli/terminal.ts';
import { eventually } from '../../../support/eventually.ts';
import { MemoryAgent } from '../../../support/twins/memory-agent.ts';
import { configWith, Lab } from '../../running.ts';

interface Ended {
  readonly status: ExitStatus;
  readonly out: string;
  readonly err: string;
}

async function run(...args: readonly string[]): Promise<Ended> {
  const [stdin, stdout, stderr] = [new PassThrough(), new PassThrough(), new PassThrough()];
  const printed = Promise.all([text(stdout), text(stderr)]);
  const unused = (): never => {
    throw new Error('not in this test');
  };
  const tools = { initTools: unused, storeTools: unused };
  const context = { stdin, stdout, stderr, by: 'ann@lab', serve: unused, ...tools };
  const status = await runCli(args, context);
  stdout.end();
  stderr.end();
  const [out, err] = await printed;
  return { status, out, err };
}

describe('calico-controller preview', function () {
  this.timeout(120_000);
  let lab: Lab;
  let file: string;
  before(async () => {
    lab = await Lab.make();
    file = path.join(lab.folder, 'network.yaml');
    const folder = path.join(lab.folder, 'source');
    await mkdir(folder);
    await writeFile(path.join(folder, 'default.yaml'), configWith(64_515));
    await lab.start({
      source: { folder, pattern: '{cluster}.yaml', pushes: false },
      timing: { sourceMs: 50 },
    });
    lab.connect(new MemoryAgent({ name: 'node-0', address: '10.0.0.2/24' }));
    lab.connect(new MemoryAgent({ name: 'node-1', address: '10.0.0.3/24' }));
    await eventually(async () => expect((await lab.status()).connected).to.equal(2));
    await lab.push(configWith(64_513));
  });
  after(async () => {
    await lab.close();
  });
  const preview = async (config: string, ...more: readonly string[]): Promise<Ended> => {
    await writeFile(file, config);
    return run('preview', file, '--socket', lab.socket, ...more);
  };

  it('ends with 0 where nothing changes', async () => {
    const { status, out } = await preview(configWith(64_513));
    expect(status).to.equal(0);
    expect(out).to.contain(
      'compared with revision controller:default#1, on 2 nodes\n  nothing changes',
    );
  });

  it('ends with 3 where something changes, and shows it in each form', async () => {
    const plain = await preview(configWith(4_200_000_001));
    expect(plain.status).to.equal(3);
    expect(plain.out).to.contain(
      '\n  node-0, node-1\n    ~ AS number 64513 → 4200000001   because global (line 1)',
    );
    const markdown = await preview(configWith(64_514), '-o', 'markdown');
    expect(markdown.out).to.contain('\n### Nodes\n\n- node-0, node-1\n  - `~` AS number 64513');
    const json = await preview(configWith(64_514), '-o', 'json', '--node', 'node-1');
    const { chosen }: { chosen?: { nodes: { first: string[] } }[] } = JSON.parse(json.out);
    expect(chosen?.map(({ nodes }) => nodes.first)).to.deep.equal([['node-1']]);
  });

  it('ends with 2 for a configuration with errors, and shows them', async () => {
    const { status, out } = await preview('global-as-number: no\n');
    expect(status).to.equal(2);
    expect(out).to.contain('a push would be refused: the configuration has errors');
    expect(out).to.contain(`${file}:1:19: error:`);
  });

  it('is named by source for a file that waits for a person', async () => {
    await eventually(async () => {
      const { out } = await run('source', '--socket', lab.socket);
      const followed = path.join(lab.folder, 'source', 'default.yaml');
      expect(out).to.contain(`\npreview calico-controller preview ${followed} shows`);
    });
  });

  it('says which revision is not there', async () => {
    const { status, out, err } = await preview(configWith(1), '--base', '9');
    expect([status, out]).to.deep.equal([1, '']);
    expect(err).to.contain('there is no revision 9');
  });
});
