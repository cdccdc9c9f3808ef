/** The file of an example that every K3s server gets. UPDATE_GOLDENS=1 writes it anew. */
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import { parseConfig } from '../../../core/config/parse.ts';
import { desiredK3s } from '../../../core/platform/k3s/desired-k3s.ts';
import { readGiven } from '../../../core/platform/k3s/given-flags.ts';
import { shownValues } from '../../../core/platform/k3s/merge.ts';
import type { HostFile } from '../../../core/platform/host-file.ts';
import { k3sInput, observedK3s } from '../../support/platform/observed-k3s.ts';

const folder = fileURLToPath(new URL('../../../examples/', import.meta.url));

/** The values that K3s gets beside its defaults, on a server whose installer disabled traefik. */
const gets: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  'k3s-calico': {
    'cluster-cidr': '10.42.0.0/16',
    'service-cidr': '10.43.0.0/16',
    'flannel-backend': 'none',
    disable: 'servicelb,traefik',
    'disable-network-policy': 'true',
  },
  'k3s-metallb': { 'flannel-backend': 'vxlan', disable: 'servicelb,traefik' },
};

for (const [example, values] of Object.entries(gets)) {
  describe(`the servers of the example ${example}`, () => {
    const golden = path.join(folder, example, 'expected', 'zz-calico-agent.yaml');
    const config = parseConfig(readFileSync(path.join(folder, example, 'config.yaml'), 'utf8'));
    if (!config.ok || config.model.platform?.kind !== 'k3s') throw new Error('k3s expected');
    const { settings } = config.model.platform;
    const server = k3sInput({ start: 'server --disable traefik' });

    it('get its file before their first start', () => {
      const { files, issues } = desiredK3s(settings, observedK3s(server));
      const [edit] = files;
      const text = (edit?.form === 'whole' ? edit.text : undefined) ?? '';
      if (process.env['UPDATE_GOLDENS'] === '1') writeFileSync(golden, text);
      expect(text).to.equal(readFileSync(golden, 'utf8'));
      expect(issues).to.deep.equal([]);
    });

    it('run with what it asks for', () => {
      const ours: HostFile = { state: 'text', path: golden, text: readFileSync(golden, 'utf8') };
      const { given } = readGiven({ ...server, configFiles: [...server.configFiles, ours] });
      const shown = shownValues(given, 'server').filter(({ from }) =>
        from.some(({ kind }) => kind !== 'default'),
      );
      expect(Object.fromEntries(shown.map(({ name, value }) => [name, value]))).to.deep.equal(
        values,
      );
    });

    it('get no file where they are K3s agents, which would not start with it', () => {
      const agent = k3sInput({ start: 'agent' });
      expect(desiredK3s(settings, observedK3s(agent)).files).to.deep.equal([]);
    });
  });
}
