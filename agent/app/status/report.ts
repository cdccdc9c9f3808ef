import type { Logger } from '../../../runtime/log/logger.ts';
import type { Proven } from '../state/found-in-force.ts';
import type { AgentSignal } from './signals.ts';
import type { Activity } from './status-board.ts';

/** The ways in which a pass reports its work and its outcome. */
export interface Report {
  readonly show: (activity: Activity) => void;
  readonly emit: (event: AgentSignal) => void;
  readonly proven: Proven;
  readonly logger: Logger;
}
