import { textBounds } from '../../core/input/bounds.ts';
import { AppError } from '../../runtime/errors.ts';
import { json, type HttpRequest, type Reply } from '../../runtime/http-server.ts';
import type { Agent } from '../app/agent.ts';

export function getFacts(agent: Agent): Reply {
  return json(agent.facts());
}

export async function putFacts(agent: Agent, { body }: HttpRequest): Promise<Reply> {
  const [{ locate }, { plainValue }, { schemaIssues }, { isNodeFacts }] = await Promise.all([
    import('../../core/config/located-yaml.ts'),
    import('../../core/config/plain-value.ts'),
    import('../../core/config/schema-issues.ts'),
    import('../../schemas/generated/node-facts.validator.js'),
  ]);
  const located = locate(body, textBounds.facts);
  if (!located.ok) throw refused(located.issues);
  const input = plainValue(located.root);
  if (!isNodeFacts(input)) throw refused(schemaIssues(isNodeFacts.errors ?? [], located.root));
  return json(await agent.putFacts(input));
}

function refused(issues: AppError['issues']): AppError {
  return new AppError('invalid-facts', 'cannot take the facts: they have errors', { issues });
}
