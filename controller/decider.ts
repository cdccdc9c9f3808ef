/** The process in which the controller checks texts: started by it, and of no use to anybody else. */
import { serveTasks } from '../runtime/confined/serve-tasks.ts';
import { innerLimits } from '../runtime/confined/usual-confinement.ts';
import { checkTasks } from './adapters/config-checker/check-tasks.ts';

await serveTasks(checkTasks, innerLimits);
