import type { PlanQuestion } from '../../../core/deciding/plan-all-targets.ts';
import type { SurveyedCluster } from '../../../core/survey/surveyed-cluster.ts';
import { createConfinedTasks, type Confinement } from '../../../runtime/confined/confined-tasks.ts';
import type { Decider } from '../../ports/decider.ts';
import type { StoredEntries } from '../../ports/storage/stored-entries.ts';
import type { Texts } from '../../ports/texts.ts';
import { createConfinedEntries } from './confined-entries.ts';
import { createConfinedTexts } from './confined-texts.ts';
import type { DecideTasks } from './decide-tasks.ts';
import { createInProcessDecider } from './in-process.ts';

/** A plan for fewer objects takes less time than a call of another process, 1 to 10 ms. */
const plannedAtOnce = 200;

export interface ConfinedDecider extends Decider {
  /** Reads texts in the same process. */
  readonly texts: Texts;
  readonly entries: StoredEntries;
}

/**
 * Decides in a process of its own, within limits. Small plans are made in this process: a hook that
 * changes nothing needs no other one.
 */
export function createConfinedDecider(confinement: Confinement): ConfinedDecider {
  const tasks = createConfinedTasks<DecideTasks>(confinement);
  const here = createInProcessDecider();
  return {
    decide: (question, options) =>
      tasks.run('decide', question, { ...options, what: 'check the configuration' }),
    plan: (question, options) =>
      isSmall(question)
        ? here.plan(question)
        : tasks.run('plan', question, { ...options, what: 'plan the changes' }),
    digest: async (text, options) => {
      const what = 'verify a stored configuration';
      return (await tasks.run('digest', text, { ...options, what })).digest;
    },
    facts: (text, options) => tasks.run('facts', text, { ...options, what: 'read the facts' }),
    adoptable: (question, options) =>
      isSmallSurvey(question.survey)
        ? here.adoptable(question)
        : tasks.run('adoptable', question, { ...options, what: 'find what can be adopted' }),
    staleNodes: (question, options) =>
      isSmallSurvey(question.survey)
        ? here.staleNodes(question)
        : tasks.run('stale-nodes', question, { ...options, what: 'find stale nodes' }),
    exported: (survey, options) =>
      tasks.run('export', survey, { ...options, what: 'export the configuration' }),
    texts: createConfinedTexts(tasks),
    entries: createConfinedEntries(tasks),
    close: () => {
      tasks.close();
      return Promise.resolve();
    },
  };
}

function isSmallSurvey({ resources, nodes, blocks }: SurveyedCluster): boolean {
  return [resources, nodes, blocks].every(({ length }) => length <= plannedAtOnce);
}

function isSmall({ desired, observed }: PlanQuestion): boolean {
  const { resources, nodes, taken = [], lxd } = observed;
  const containers = lxd?.daemon.state === 'there' ? lxd.daemon.containers.length : 0;
  const counts = [
    desired.resources.length,
    resources.length,
    nodes.length,
    taken.length,
    containers,
  ];
  return counts.every((count) => count <= plannedAtOnce);
}
