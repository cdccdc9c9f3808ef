/** Log lines of rollouts, with the rollout, its revision and its wave as fields. */
import type { RolloutAction } from '../../../core/rollout/step.ts';
import { stepName, type Rollout } from '../../../core/rollout/steps.ts';
import { newestOf } from '../../../core/rollout/targets.ts';
import type { Logger } from '../../../runtime/log/logger.ts';

export interface RolloutLog {
  readonly tell: (rollout: Rollout, level: 'info' | 'warn', text: string) => void;
  /** The lines of a transition. */
  readonly stepped: (rollout: Rollout, actions: readonly RolloutAction[]) => void;
}

export function createRolloutLog(logger: Pick<Logger, 'info' | 'warn'>): RolloutLog {
  const tell: RolloutLog['tell'] = (rollout, level, text) => {
    const fields = {
      rollout: rollout.revisions.target,
      revision: newestOf(rollout),
      wave: stepName(rollout),
    };
    logger[level](`rollout: ${text}`, fields);
  };
  return {
    tell,
    stepped: (rollout, actions) => {
      // Lines about single pushes would say nothing that the push does not.
      if (rollout.kind === 'push' && rollout.state.phase === 'done') return;
      for (const action of actions) {
        if (action.type === 'tell') tell(rollout, action.level, action.text);
      }
    },
  };
}
