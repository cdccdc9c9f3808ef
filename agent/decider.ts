/** The decider process, which only the daemon starts. */
import { serveTasks } from '../runtime/confined/serve-tasks.ts';
import { innerLimits } from '../runtime/confined/usual-confinement.ts';
import { decideTasks } from './adapters/decider/decide-tasks.ts';

await serveTasks(decideTasks, innerLimits);
