/**
 * The helper with the right to edit files of the platform and to restart its services, which the
 * agent then does not need. systemd starts it for each request (systemd/calico-agent-host@.service),
 * which comes on standard input; the answer goes to standard output.
 */
import { answerRequest } from './adapters/host-changes/answer-request.ts';
import { jsonBounds } from '../core/input/bounds.ts';
import { readRequest } from '../runtime/host/read-request.ts';

const answer = await answerRequest(await readRequest(process.stdin, jsonBounds.hostRequest));
process.stdout.write(`${JSON.stringify(answer)}\n`, () => process.exit());
