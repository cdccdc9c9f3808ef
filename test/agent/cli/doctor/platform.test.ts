import { expect } from 'chai';
import { diagnosePlatform } from '../../../../agent/cli/doctor/platform.ts';
import type { Finding } from '../../../../agent/ports/diagnosis.ts';
import type { Platform } from '../../../../schemas/generated/agent-api/platform.ts';
import { platformOf } from '../../../support/platform/host-tree.ts';
import { configPath, k3sNode } from '../../../support/platform/k3s-node.ts';

function diagnose(readPlatform: () => Promise<Platform>): Promise<readonly Finding[]> {
  return diagnosePlatform({ readPlatform }, 5000);
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

  it('says nothing on a machine without one, and when it cannot be read', async () => {
    expect(await diagnose(() => platformOf({ '/etc/default/k3s': '' }))).to.deep.equal([]);
    expect(await diagnose(() => Promise.reject(new Error('broken')))).to.deep.equal([]);
  });
});
