import { expect } from 'chai';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { readStoreSettings } from '../../../controller/cli/controller-config.ts';
import { byText } from '../../../core/by-text.ts';
import { AppError } from '../../../runtime/errors.ts';

describe('controller.yaml', () => {
  let folder: string;
  let file: string;
  beforeEach(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'calico-controller-yaml-'));
    file = path.join(folder, 'controller.yaml');
  });
  afterEach(async () => {
    await rm(folder, { recursive: true });
  });
  const head = 'apiVersion: calico-agent/v1\nkind: ControllerConfig\n';
  const issuesOf = async (text: string): Promise<readonly string[]> => {
    await writeFile(file, text);
    const error = await readStoreSettings(file).catch((reason: unknown) => reason);
    if (!(error instanceof AppError)) throw new Error('it was taken');
    expect(error).to.include({ code: 'invalid-settings', source: file });
    return error.issues.map(({ pointer, message }) => `${pointer}: ${message}`);
  };

  it('names the store in etcd', async () => {
    const settings = {
      endpoints: ['https://10.0.0.1:2379', 'https://[fd00::1]:2379'],
      prefix: '/controllers/production/',
      caFile: '/etc/etcd/ca.pem',
      certFile: '/etc/etcd/cert.pem',
      keyFile: '/etc/etcd/key.pem',
    };
    await writeFile(file, `${head}store: ${JSON.stringify({ engine: 'etcd', ...settings })}\n`);
    expect(await readStoreSettings(file)).to.deep.equal(settings);
  });

  for (const [what, store] of [
    ['names the embedded store', 'store: { engine: embedded }\n'],
    ['names no store', ''],
  ] as const) {
    it(`leaves the store in the state directory where it ${what}`, async () => {
      await writeFile(file, head + store);
      expect(await readStoreSettings(file)).to.equal(undefined);
    });
  }

  it('is refused with all faults at once', async () => {
    const store = '{ engine: etcd, endpoints: [10.0.0.1], prefix: controllers, certFile: a.pem }';
    const issues = await issuesOf(`${head}store: ${store}\n`);
    expect(issues.map((text) => text.split(':')[0] ?? '').toSorted(byText)).to.deep.equal([
      '/store/certFile',
      '/store/endpoints/0',
      '/store/prefix',
    ]);
    expect(issues.join('\n')).to.contain('"store" has certFile, which needs keyFile as well');
    expect(issues.join('\n')).to.contain('such as /calico-controller/production/');
  });

  for (const [what, text, message] of [
    ['an unknown engine', `${head}store: { engine: redis }\n`, 'engine'],
    ['an unknown field', `${head}strore: {}\n`, 'strore'],
    ['a network configuration', 'global-as-number: 64512\n', 'this is a network configuration'],
    ['no mapping', '- a\n', ''],
  ] as const) {
    it(`is refused if it has ${what}`, async () => {
      expect((await issuesOf(text)).join('\n')).to.contain(message);
    });
  }

  it('has to exist where a command names it', async () => {
    const error = await readStoreSettings(file).catch((reason: unknown) => reason);
    expect(error).to.include({ code: 'not-found' });
  });
});
