/** What a rollout would do: the work for it, which any person and any user of the socket may ask for. */
import { expect } from 'chai';
import { createPreview } from '../../../../controller/app/preview/preview.ts';
import { createPreviewRollout } from '../../../../controller/app/preview/preview-rollout.ts';
import type { CheckOptions } from '../../../../controller/ports/config-checker.ts';
import { silentLogger } from '../../../../runtime/log/logger.ts';
import { inProcessChecker } from '../../../support/twins/in-process-checker.ts';
import { FleetOfAgents } from '../rollout/fleet-of-agents.ts';

describe('the preview of a rollout', () => {
  it('lets pushes go first, and ends when its client leaves', async () => {
    const fleet = new FleetOfAgents(['a', 'b']);
    await fleet.boot();
    await fleet.pushText('global-as-number: 64600\n');
    await fleet.turns(1);
    const asked: (CheckOptions | undefined)[] = [];
    const checker: typeof inProcessChecker = {
      ...inProcessChecker,
      check: (text, nodes, options) => {
        asked.push(options);
        return inProcessChecker.check(text, nodes, options);
      },
      preview: (question, options) => {
        asked.push(options);
        return inProcessChecker.preview(question, options);
      },
    };
    const { fleet: nodes, fleetStore: store, rollouts } = fleet;
    const parts = { cluster: 'default', fleet: nodes, store, rollouts, checker };
    const deps = { ...parts, now: () => fleet.now(), logger: silentLogger };
    const { signal } = new AbortController();
    const answer = await createPreviewRollout({ ...deps, preview: createPreview(deps) })({
      ...{ mediaType: 'application/yaml', text: 'global-as-number: 64700\n', signal },
      strategy: { apiVersion: 'calico-agent/v1', kind: 'RolloutStrategy' },
    });
    expect(answer).to.include({ result: 'planned' });
    expect(answer.barrier).to.contain('AS numbers change');
    expect(asked.length).to.be.greaterThan(2);
    for (const one of asked) {
      expect(one?.isUrgent ?? false).to.equal(false);
      expect(one?.signal).to.equal(signal);
    }
    await rollouts.stop();
  });
});
