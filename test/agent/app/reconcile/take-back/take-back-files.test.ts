import { expect } from 'chai';
import { takeBackFiles } from '../../../../../agent/app/reconcile/take-back/take-back-files.ts';
import type { HostChanges } from '../../../../../agent/ports/platform/host-changes.ts';
import { undoOf } from '../../../../../core/platform/edit/undo.ts';
import { silentLogger } from '../../../../../runtime/log/logger.ts';

const path = '/etc/rancher/k3s/config.yaml.d/zz-calico-agent.yaml';
const restart = { service: 'k3s.service', why: 'it reads the file' };
const report = { platform: 'k3s' as const, because: [], also: [] };

describe('files that a first configuration edited before it was rejected', () => {
  const rejected = [{ digest: 'sha256:1', reason: 'no', at: '2026-01-01T00:00:00Z' }];

  /** The actions that it carries out. */
  async function takenBack(
    state: { readonly inForce?: object; readonly rejected: readonly object[] },
    hold?: object,
  ): Promise<readonly string[]> {
    const actions: string[] = [];
    const host: HostChanges = {
      hasEdits: () => Promise.resolve(true),
      observe: () =>
        Promise.resolve({
          report: { ...report, properties: [], values: [], issues: [] },
          files: [{ state: 'text', path, text: 'a: 1\n' }],
          notes: [{ path, edits: [], undo: undoOf(undefined, 'a: 1\n'), restarts: [restart] }],
          dueRestarts: [],
        }),
      preflight: () => Promise.resolve([]),
      apply: ({ action }) => Promise.resolve(void actions.push(action)),
    };
    await takeBackFiles({
      targets: { host },
      records: { state: { current: () => state } },
      writer: { holdInForce: () => hold },
      report: { logger: silentLogger },
    });
    return actions;
  }

  it('are put back, and the service reads them again', async () => {
    expect(await takenBack({ rejected })).to.deep.equal(['edit-file', 'restart-service']);
  });

  it('stay where a revision is in force, which decides about them', async () => {
    expect(await takenBack({ rejected, inForce: {} })).to.deep.equal([]);
    expect(await takenBack({ rejected: [] })).to.deep.equal([]);
  });

  it('stay while somebody holds the agent', async () => {
    expect(await takenBack({ rejected }, { reason: 'by hand' })).to.deep.equal([]);
  });
});
