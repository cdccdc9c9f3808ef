import { expect } from 'chai';
import { changedSettings } from '../../../controller/clusters/changed-settings.ts';
import type { ClusterSettings, ControllerSettings } from '../../../controller/settings.ts';

const cluster = (name: string, more: Partial<ClusterSettings> = {}): ClusterSettings => ({
  cluster: name,
  listen: '10.0.0.10:7843',
  plaintextBeyondLoopback: false,
  stateDirectory: `/state/${name}`,
  ...more,
});
const rest = { socket: '/run/c.sock', log: {} };
const api = {
  listen: '0.0.0.0:7844',
  tokens: true,
  tls: { certFile: 'a.pem', keyFile: 'a.key', fromConfig: true },
} satisfies ControllerSettings['api'];

describe('settings that have changed since the start', () => {
  it('are none where the file says the same', () => {
    const several = { ...rest, clusters: [cluster('east'), cluster('west')] };
    expect(changedSettings(several, structuredClone(several))).to.deep.equal([]);
  });

  it('are named by cluster, and those of the process by name', () => {
    const before = { ...rest, clusters: [cluster('east'), cluster('west'), cluster('south')] };
    const clusters = [cluster('west', { tokenFile: 'new' }), cluster('south'), cluster('north')];
    expect(changedSettings(before, { ...rest, api, clusters })).to.deep.equal([
      'clusters added: north',
      'clusters removed: east',
      'clusters changed: west',
      'api',
    ]);
  });

  it('are named one by one where there is one cluster', () => {
    const before = { ...rest, ...cluster('east') };
    const now = { ...before, listen: '10.0.0.11:7843', people: [] };
    expect(changedSettings(before, now)).to.deep.equal(['listen', 'people']);
  });
});
