/** Answers the Juju hooks: one request per hook, one answer that a shell can use as it is. */
import { hookAnswerText } from '../../../core/juju/hook-answer.ts';
import { json, type HttpRequest, type Reply } from '../../../runtime/http/route.ts';
import { isHookRequest } from '../../../schemas/generated/hook-request.validator.js';
import type { Agent } from '../../app/agent.ts';
import { runHook } from '../../app/juju/juju-hook.ts';
import type { JujuSettings } from '../../ports/juju-settings.ts';
import { readObject, unreadable } from '../request/json-body.ts';
import { readSeconds } from '../../../runtime/http/request/query.ts';
import type { WaitSlots } from '../../../runtime/http/request/wait-slots.ts';

const maxWaitSeconds = 300;
const fields = [
  'hook',
  'unit',
  'relation',
  'config',
  'network',
  'leader',
  'parameters',
  'relations',
];

export async function postHook(
  agent: Agent,
  settings: JujuSettings | undefined,
  { body, query, headers, signal }: HttpRequest,
  slots: WaitSlots,
): Promise<Reply> {
  const waitSeconds = readSeconds(query, 'wait', maxWaitSeconds) ?? 0;
  const request: unknown = await readObject(body, fields);
  if (!isHookRequest(request)) {
    const { faultText } = await import('../../../core/config/schema/schema-wording.ts');
    const [first] = isHookRequest.errors ?? [];
    throw unreadable(first === undefined ? 'it is of another form' : faultText(first));
  }
  const answer = await slots.wait(waitSeconds, signal, (until) =>
    runHook(request, { agent, settings, until }),
  );
  if ((headers.accept ?? '').includes('application/json')) return json(answer);
  return { mediaType: 'text/plain', body: hookAnswerText(answer) };
}
