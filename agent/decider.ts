/** The process in which the daemon decides: started by it, and of no use to anybody else. */
import { serveTasks } from '../runtime/confined/serve-tasks.ts';
import { innerLimits } from '../runtime/confined/usual-confinement.ts';
import { decideTasks } from './adapters/decider/decide-tasks.ts';

await serveTasks(decideTasks, innerLimits);
