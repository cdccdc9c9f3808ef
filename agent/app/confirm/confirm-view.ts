import type { AgentStatus } from '../../../schemas/generated/agent-status.ts';

export type Confirming = NonNullable<AgentStatus['confirming']>;

/** What the status shows of a change that is not confirmed; the same object as long as it is so. */
export interface ConfirmView {
  read(): Confirming | undefined;
  /** Returns whether it is another one than before. */
  show(next: Confirming | undefined): boolean;
}

export function createConfirmView(): ConfirmView {
  let shown: Confirming | undefined;
  return {
    read: () => shown,
    show: (next) => {
      if (JSON.stringify(shown) === JSON.stringify(next)) return false;
      shown = next;
      return true;
    },
  };
}
