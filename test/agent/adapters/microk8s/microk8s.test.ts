import path from 'node:path';
import { expect } from 'chai';
import { createMicroK8s } from '../../../../agent/adapters/microk8s/microk8s.ts';
import type { MicroK8s } from '../../../../agent/ports/platform/microk8s.ts';
import { countLosses } from '../../../../agent/app/microk8s/count-losses.ts';
import { withTree } from '../../../support/platform/host-tree.ts';

/** @param script of a program that stands in for microk8s */
function withMicroK8s(script: string, use: (microk8s: MicroK8s) => Promise<void>): Promise<void> {
  const program = `#!/bin/sh\n${script}\n`;
  return withTree({ '/microk8s': { program } }, (root) =>
    use(createMicroK8s({ program: path.join(root, 'microk8s'), data: root })),
  );
}

describe('the program microk8s', function () {
  this.timeout(30_000);

  it('counts all objects, however long their list is', async () => {
    const list =
      'seq -f "pod/a-pod-with-a-name-that-is-long-%g" 1 5000; echo "Warning: v1/old" >&2';
    await withMicroK8s(list, async (microk8s) => {
      const { counts, uncounted } = await countLosses(microk8s);
      expect(uncounted).to.deep.equal([]);
      expect([...new Set(counts.map(({ count }) => count))]).to.deep.equal([5000]);
    });
  });

  it('says that it did not end in time, behind what it printed', async () => {
    await withMicroK8s('echo "waiting for pods"; exec sleep 30', async (microk8s) => {
      expect(await microk8s.kubectl(['rollout', 'status'], 0.5)).to.deep.equal({
        ok: false,
        output: 'waiting for pods\nit did not end within 0.5 s',
      });
    });
  });

  it('says why it failed by its own last line', async () => {
    await withMicroK8s('echo "applying"; echo "error: forbidden" >&2; exit 1', async (microk8s) => {
      const { output } = await microk8s.run(['status'], 10);
      expect(output.split('\n').at(-1)).to.equal('error: forbidden');
    });
  });

  it('is named as missing', async () => {
    const microk8s = createMicroK8s({ program: '/nowhere/microk8s', data: '/nowhere' });
    const outcome = await microk8s.run(['status'], 10);
    expect(outcome).to.deep.equal({ ok: false, output: 'the program is not there' });
  });
});
