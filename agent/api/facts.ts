import { textBounds } from '../../core/input/bounds.ts';
import type { Expected } from '../../core/config/mix-ups/instead.ts';
import { AppError } from '../../runtime/errors.ts';
import { json, type HttpRequest, type Reply } from '../../runtime/http/server.ts';
import type { Agent } from '../app/agent.ts';

export function getFacts(agent: Agent): Reply {
  return json(agent.facts());
}

export async function putFacts(agent: Agent, { body }: HttpRequest): Promise<Reply> {
  const [{ locate }, { plainValue }, { schemaIssues }, { recogniseInstead }, { isNodeFacts }] =
    await Promise.all([
      import('../../core/config/yaml/located-yaml.ts'),
      import('../../core/config/yaml/plain-value.ts'),
      import('../../core/config/schema/schema-issues.ts'),
      import('../../core/config/mix-ups/instead.ts'),
      import('../../schemas/generated/node-facts.validator.js'),
    ]);
  const located = locate(body, textBounds.facts);
  if (!located.ok) throw refused(located.issues);
  const input = plainValue(located.root);
  if (!isNodeFacts(input)) {
    const broken = isNodeFacts.errors ?? [];
    const instead = recogniseInstead(located.root, nodeFacts);
    throw refused(instead === undefined ? schemaIssues(broken, located.root) : [instead]);
  }
  return json(await agent.putFacts(input));
}

const nodeFacts: Expected = {
  what: 'the facts of one node',
  hint: 'give a mapping such as {name: node-0, units: [calico/0], addresses: [10.0.0.2/24], labels: {}}',
  keys: ['name', 'unit', 'units', 'addresses', 'labels', 'leader', 'platform'],
};

function refused(issues: AppError['issues']): AppError {
  return new AppError('invalid-facts', 'cannot take the facts: they have errors', { issues });
}
