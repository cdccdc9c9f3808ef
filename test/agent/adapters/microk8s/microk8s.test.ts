import { chmod, readFile, stat } from 'node:fs/promises';
import path from 'node:path';
import { expect } from 'chai';
import { createMicroK8s } from '../../../../agent/adapters/microk8s/microk8s.ts';
import type { MicroK8s } from '../../../../agent/ports/platform/microk8s.ts';
import { countLosses } from '../../../../agent/app/microk8s/count-losses.ts';
import { failure } from '../../../support/failure.ts';
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

describe('the files of MicroK8s', () => {
  const manifest = '/args/cni-network/cni.yaml';
  const withFiles = (use: (microk8s: MicroK8s, root: string) => Promise<void>): Promise<void> =>
    withTree({ [manifest]: 'one\n', '/var/lock/': '' }, (root) =>
      use(createMicroK8s({ program: '/nowhere/microk8s', data: root }), root),
    );

  it('are replaced with their mode, and only as they were read', async () => {
    await withFiles(async (microk8s, root) => {
      const file = path.join(root, manifest);
      await chmod(file, 0o640);
      await microk8s.replaceManifest('one\n', 'two\n');
      expect(await readFile(file, 'utf8')).to.equal('two\n');
      expect((await stat(file)).mode & 0o7777).to.equal(0o640);
      const late = await failure(microk8s.replaceManifest('one\n', 'three\n'));
      expect(late).to.include({ code: 'datastore-conflict' });
      expect(await readFile(file, 'utf8')).to.equal('two\n');
    });
  });

  it('are kept beside it under a name of their content, so that none replaces another', async () => {
    await withFiles(async (microk8s) => {
      const first = await microk8s.keepManifest('one\n', 'v3.25.1');
      expect(first).to.match(/cni\.yaml\.v3\.25\.1-[0-9a-f]{8}$/);
      expect(await microk8s.keepManifest('one\n', 'v3.25.1')).to.equal(first);
      const other = await microk8s.keepManifest('two\n', 'v3.25.1');
      expect([await readFile(first, 'utf8'), await readFile(other, 'utf8')]).to.deep.equal([
        'one\n',
        'two\n',
      ]);
    });
  });

  it('have the lock against a refresh', async () => {
    await withFiles(async (microk8s, root) => {
      await microk8s.setLock('no-manage-calico');
      expect(await readFile(path.join(root, 'var/lock/no-manage-calico'), 'utf8')).to.equal('');
    });
  });

  it('reach kubectl by its standard input', async () => {
    await withMicroK8s('echo "$@"; cat', async (microk8s) => {
      const text = 'kind: ConfigMap\n'.repeat(20_000);
      const { ok, output } = await microk8s.kubectl(['apply', '-f', '-'], 10, text);
      expect([ok, output]).to.deep.equal([true, `kubectl apply -f -\n${text}`.trim()]);
    });
    // One that does not read it fails by its own reason.
    await withMicroK8s('echo "error: no cluster" >&2; exit 1', async (microk8s) => {
      const { output } = await microk8s.kubectl(['apply'], 10, 'x'.repeat(1_000_000));
      expect(output).to.equal('error: no cluster');
    });
  });
});
