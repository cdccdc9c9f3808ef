/**
 * The helper with the right to change routes, which the agent then does not need. systemd starts it
 * for each request (systemd/calico-agent-guard@.service), which comes on standard input; the answer
 * goes to standard output.
 */
import path from 'node:path';
import { answerRequest } from './adapters/guard-routes/answer-request.ts';
import { createGuardRoutes } from './adapters/guard-routes/guard-routes.ts';
import { createIpProgram } from './adapters/guard-routes/ip-program.ts';
import { createBootSeconds } from './adapters/system-clock/boot-seconds.ts';
import { usualGuard } from '../core/guard/guard-settings.ts';
import { jsonBounds } from '../core/input/bounds.ts';
import { readRequest } from '../runtime/host/read-request.ts';
import { defaultConfigFile, readGuardPolicy } from './settings.ts';

const { CREDENTIALS_DIRECTORY: credentials } = process.env;
/** systemd's copy of agent.yaml: the helper's user may not read the original. */
const file = credentials === undefined ? defaultConfigFile : path.join(credentials, 'agent.yaml');

const answer = await answerRequest(await readRequest(process.stdin, jsonBounds.guardRequest), {
  policy: () => readGuardPolicy(file),
  routesWith: (settings = usualGuard) =>
    createGuardRoutes({
      program: createIpProgram(),
      settings: () => settings,
      uptime: createBootSeconds(),
    }),
});
process.stdout.write(`${JSON.stringify(answer)}\n`, () => process.exit());
