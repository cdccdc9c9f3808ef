/** The helper's side: carries out or refuses a request. */
import { jsonBounds } from '../../../core/input/bounds.ts';
import { jsonValue } from '../../../core/input/parse-json.ts';
import { reasonOf } from '../../../runtime/errors.ts';
import type { HostAnswer } from '../../../schemas/generated/host-answer.ts';
import type { HostRequest } from '../../../schemas/generated/host-request.ts';
import { isHostRequest } from '../../../schemas/generated/host-request.validator.js';
import { restartService } from './restart-service.ts';
import { writeHostFile } from './write-host-file.ts';

const maxWhy = 1000;

export interface HelperDeps {
  readonly root: string;
  readonly restart: (service: string) => Promise<void>;
}

const usual: HelperDeps = { root: '/', restart: restartService };

/** Never rejects. @param text a HostRequest; it comes from a process that is not trusted */
export async function answerRequest(text: string, deps: HelperDeps = usual): Promise<HostAnswer> {
  const request = jsonValue(text, jsonBounds.hostRequest);
  if (!isHostRequest(request)) return failed('this is not a request that the helper knows');
  try {
    return await carryOut(request, deps);
  } catch (error) {
    return failed(reasonOf(error));
  }
}

async function carryOut(request: HostRequest, { root, restart }: HelperDeps): Promise<HostAnswer> {
  switch (request.action) {
    case 'write-file':
    case 'remove-file': {
      const { action: _action, ...write } = request;
      return { answer: (await writeHostFile(root, write)) ? 'done' : 'changed' };
    }
    case 'restart-service':
      await restart(request.service);
      return { answer: 'done' };
  }
}

function failed(why: string): HostAnswer {
  return { answer: 'failed', why: why.slice(0, maxWhy) };
}
