import { expect } from 'chai';
import { takeBackFiles } from '../../../../../agent/app/reconcile/take-back/take-back-files.ts';
import type { LeaseTurn } from '../../../../../agent/app/reconcile/take-back/lease-turn.ts';
import type { HostChanges } from '../../../../../agent/ports/platform/host-changes.ts';
import { undoOf } from '../../../../../core/platform/edit/undo.ts';
import { silentLogger } from '../../../../../runtime/log/logger.ts';

const path = '/etc/rancher/k3s/config.yaml.d/zz-calico-agent.yaml';
const restart = { service: 'k3s.service', why: 'it reads the file' };
const report = { platform: 'k3s' as const, because: [], also: [] };

describe('files that a first configuration edited before it was rejected', () => {
  const rejected = { lineage: 'local:a', number: 1, digest: `sha256:${'0'.repeat(64)}` };

  /** The actions that it carries out, and what it says. */
  async function takenBack(turn: Partial<LeaseTurn>): Promise<readonly (string | undefined)[]> {
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
    const usual: LeaseTurn = {
      awaits: () => Promise.resolve(undefined),
      begun: () => void actions.push('begun'),
      settles: () => Promise.resolve('a minute'),
    };
    const deps = { targets: { host }, report: { logger: silentLogger } };
    const why = await takeBackFiles(deps, { ...usual, ...turn }, rejected);
    return [...actions, why];
  }

  it('are put back, and the service reads them again', async () => {
    expect(await takenBack({})).to.deep.equal([
      'edit-file',
      'begun',
      'restart-service',
      'a minute',
    ]);
  });

  it('are put back at once, and the restart waits for its turn', async () => {
    const awaits = (): Promise<string> => Promise.resolve('node-1 comes first');
    expect(await takenBack({ awaits })).to.deep.equal(['edit-file', 'node-1 comes first']);
  });
});
