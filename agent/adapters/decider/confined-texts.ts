import type { ConfinedTasks } from '../../../runtime/confined/confined-tasks.ts';
import type { Texts } from '../../ports/texts.ts';
import type { DecideTasks } from './decide-tasks.ts';

/** All of this belongs to the agent's own passes, so it goes before previews. */
export function createConfinedTexts(tasks: ConfinedTasks<DecideTasks>): Texts {
  return {
    readDocuments: (text) =>
      tasks.run('read-documents', text, { what: 'read the documents', isUrgent: true }),
    writeDocument: (resource, tool) =>
      tasks.run(
        'write-document',
        { resource, tool },
        { what: `write ${resource.kind} "${resource.metadata.name}"`, isUrgent: true },
      ),
    writeObject: (content) =>
      tasks.run('write-object', content, {
        what: 'write an object of Kubernetes',
        isUrgent: true,
      }),
  };
}
