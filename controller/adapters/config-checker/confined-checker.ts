import { createConfinedTasks, type Confinement } from '../../../runtime/confined/confined-tasks.ts';
import type { ConfigChecker } from '../../ports/config-checker.ts';
import type { CheckTasks } from './check-tasks.ts';

/** Checks configurations in a process of its own, within limits. */
export function createConfinedChecker(confinement: Confinement): ConfigChecker {
  const tasks = createConfinedTasks<CheckTasks>(confinement);
  return {
    check: (text, nodes, options) =>
      tasks.run('check', { text, nodes }, { ...options, what: 'check the configuration' }),
    preview: (question, options) =>
      tasks.run('preview', question, { ...options, what: 'preview the configuration' }),
    digest: async (text, options) => {
      const what = 'verify the stored configuration';
      return (await tasks.run('digest', text, { ...options, what })).digest;
    },
    close: tasks.close,
  };
}
