/** The decider process, which only the controller starts. */
import { serveTasks } from '../runtime/confined/serve-tasks.ts';
import { innerLimits } from '../runtime/confined/usual-confinement.ts';
import { checkTasks } from './adapters/config-checker/check-tasks.ts';

await serveTasks(checkTasks, innerLimits);
