import { expect } from 'chai';
import type { MicroK8s } from '../../../../agent/ports/platform/microk8s.ts';
import type { HostFiles } from '../../../../agent/ports/platform/host-files.ts';
import { run } from '../run-command.ts';

const refused = (): Promise<never> => Promise.reject(new Error('nothing may be written'));
const noFiles: HostFiles = {
  read: (path) => Promise.resolve({ state: 'absent', path }),
  list: () => Promise.resolve({ names: [] }),
  entry: (path) => Promise.resolve({ state: 'absent', path }),
};

describe('calico-agent microk8s switch-cni', () => {
  it('says once why nothing can be counted, and changes nothing', async () => {
    const microk8s: MicroK8s = {
      kubectl: () => Promise.resolve({ ok: false, output: 'the program is not there' }),
      run: refused,
      replaceManifest: refused,
      keepManifest: refused,
      setLock: refused,
    };
    const { status, stdout, stderr } = await run(
      ['microk8s', 'switch-cni', 'kube-ovn', '--destroy'],
      { connectMicroK8s: () => Promise.resolve({ files: noFiles, microk8s }) },
    );
    expect(status).to.equal(1);
    expect(stdout.match(/the program is not there/g)).to.have.length(1);
    expect(stderr).to.contain('cannot count what would be lost, and nothing was changed');
  });
});
