import { expect } from 'chai';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { machineMaker } from '../../../../agent/adapters/ec2/machine-maker.ts';

describe('the maker of a machine', () => {
  for (const [name, files, expected] of [
    ['Nitro', { sys_vendor: 'Amazon EC2\n', bios_version: '1.0\n' }, 'Amazon EC2'],
    ['Xen', { sys_vendor: 'Xen\n', bios_version: '4.11.amazon\n' }, 'Amazon EC2'],
    ['another Xen', { sys_vendor: 'Xen\n', bios_version: '4.17\n' }, 'Xen'],
    ['no firmware', {}, undefined],
  ] as const) {
    it(`is ${expected ?? 'not known'} with ${name}`, async () => {
      const folder = await mkdtemp(path.join(tmpdir(), 'maker-'));
      try {
        for (const [file, text] of Object.entries(files)) {
          await writeFile(path.join(folder, file), text);
        }
        expect(await machineMaker(folder)).to.equal(expected);
      } finally {
        await rm(folder, { recursive: true });
      }
    });
  }
});
