import { expect } from 'chai';
import { diagnosePlatform } from '../../../../agent/cli/doctor/platform.ts';
import type { Finding } from '../../../../agent/ports/diagnosis.ts';
import type { Platform } from '../../../../schemas/generated/agent-api/platform.ts';
import { platformOf } from '../../../support/platform/host-tree.ts';
import { configPath, k3sNode } from '../../../support/platform/k3s-node.ts';

function diagnose(
  readPlatform: () => Promise<Platform>,
  ofDaemon: () => Promise<Platform | undefined> = () => Promise.resolve(undefined),
): Promise<readonly Finding[]> {
  return diagnosePlatform({ readPlatform }, ofDaemon, 5000);
}

describe('the platform in doctor', () => {
  it('names it with its CNI, and has a line for each issue that is more than a note', async () => {
    const tree = { ...k3sNode, [configPath]: 'disable-network-policy:\nzzzz: 1\n' };
    expect(await diagnose(() => platformOf(tree, 'k3s version v1.31.5+k3s1 (x)'))).to.deep.equal([
      {
        check: 'platform',
        result: 'ok',
        message: 'k3s, role server, version v1.31.5+k3s1 (x), CNI flannel, portmap',
      },
      {
        check: 'platform',
        result: 'failed',
        message: `${configPath}:1: disable-network-policy has no value: K3s does not start with an empty switch`,
        hint: 'write disable-network-policy: true, or take the line away',
      },
    ]);
  });

  it('has what the daemon knows from the cluster: pods of the CNI and of DNS', async () => {
    const own = await platformOf(k3sNode, 'k3s version v1.31.5+k3s1 (x)');
    const away = 'no pod of DNS is ready: a/b';
    const dns = { severity: 'error', code: 'dns-not-ready', message: away } as const;
    const ofFiles = { severity: 'warning', code: 'k3s-unknown-flag', message: 'zzzz' } as const;
    const pods = { name: 'CNI pods', value: 'kube-flannel-x (not ready)' };
    const daemon = {
      ...own,
      properties: [...own.properties, pods],
      issues: [...own.issues, dns, ofFiles],
    };
    const findings = await diagnose(
      () => Promise.resolve(own),
      () => Promise.resolve(daemon),
    );
    expect(findings.map(({ result, message }) => [result, message])).to.deep.equal([
      [
        'ok',
        'k3s, role server, version v1.31.5+k3s1 (x), CNI flannel, portmap, CNI pods kube-flannel-x (not ready)',
      ],
      ['failed', 'no pod of DNS is ready: a/b'],
    ]);
    const silent = await diagnose(
      () => Promise.resolve(own),
      () => Promise.reject(new Error('the daemon is away')),
    );
    expect(silent).to.have.length(1);
  });

  it('says nothing on a machine without one, and when it cannot be read', async () => {
    expect(await diagnose(() => platformOf({ '/etc/default/k3s': '' }))).to.deep.equal([]);
    expect(await diagnose(() => Promise.reject(new Error('broken')))).to.deep.equal([]);
  });
});
