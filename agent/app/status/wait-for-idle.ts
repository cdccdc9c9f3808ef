import type { AgentStatus } from '../../../schemas/generated/agent-status.ts';
import type { Agent } from '../agent.ts';

/** Resolves when no change runs any more, here or for all nodes, or at the end; never rejects. */
export function waitForIdle(
  agent: Pick<Agent, 'status' | 'subscribe'>,
  end: AbortSignal,
): Promise<void> {
  return new Promise((resolve) => {
    if (end.aborted || isAtRest(agent.status())) return resolve();
    const finish = (): void => {
      unsubscribe();
      end.removeEventListener('abort', finish);
      resolve();
    };
    const unsubscribe = agent.subscribe((event) => {
      if (event.type === 'status' && isAtRest(event.status)) finish();
    });
    end.addEventListener('abort', finish, { once: true });
  });
}

/** Resolves when the agent has seen how things are after its start, or at the end; never rejects. */
export function untilLooked(agent: Pick<Agent, 'looked'>, end: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (end.aborted) return resolve();
    const finish = (): void => {
      end.removeEventListener('abort', finish);
      resolve();
    };
    void agent.looked().then(finish);
    end.addEventListener('abort', finish, { once: true });
  });
}

function isAtRest({ state }: AgentStatus): boolean {
  return state !== 'applying' && state !== 'recovering' && state !== 'awaiting-writer';
}
