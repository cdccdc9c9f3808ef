import { expect } from 'chai';
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import {
  mendExposure,
  ownFolderWarning,
  secretFileWarning,
} from '../../../runtime/files/secret-file.ts';

describe('a file with a secret', () => {
  const root = { uid: 0, groups: [0] };
  const service = { uid: 998, groups: [998] };
  const cases: readonly [string, number, number, number, typeof root, string | undefined][] = [
    ["is its owner's alone", 0o600, 998, 998, service, undefined],
    [
      'is read by the service through its group, as docs/install.md says',
      0o640,
      0,
      998,
      service,
      undefined,
    ],
    ['can be written by the group of the service', 0o660, 0, 998, service, 'chmod 640'],
    [
      'can be read by everybody, and by the service through its group',
      0o644,
      0,
      998,
      service,
      'chmod 640',
    ],
    ['can be read by everybody, and belongs to the service', 0o644, 998, 998, service, 'chmod 600'],
    ["can be read by its owner's group", 0o640, 998, 100, service, 'chmod 600'],
    ['can be read by a group beside root', 0o640, 0, 998, root, 'chmod 600'],
    ["is root's alone", 0o400, 0, 0, root, undefined],
  ];
  for (const [what, mode, uid, gid, reader, mend] of cases) {
    it(`${what}: ${mend ?? 'as required'}`, () => {
      expect(mendExposure({ mode: 0o100000 + mode, uid, gid }, reader)).to.equal(mend);
    });
  }

  it('is named in the warning, with the command that mends it', async () => {
    const folder = await mkdtemp(path.join(tmpdir(), 'calico-agent-secret-'));
    try {
      const file = path.join(folder, 'tls.key');
      await writeFile(file, 'key');
      await chmod(file, 0o644);
      expect(await secretFileWarning('key file', file)).to.equal(
        `other users can read or change the key file "${file}": run chmod 600 ${file}`,
      );
      await chmod(file, 0o600);
      expect(await secretFileWarning('key file', file)).to.equal(undefined);
      await chmod(folder, 0o777);
      expect(await ownFolderWarning('state directory', folder)).to.equal(
        `other users can change the state directory "${folder}": run chmod 700 ${folder}`,
      );
      await chmod(folder, 0o755);
      expect(await ownFolderWarning('state directory', folder)).to.equal(undefined);
    } finally {
      await rm(folder, { recursive: true });
    }
  });
});
