/** The helper that edits files of the platform, with another folder in the place of `/`: host-helper.child.ts ROOT */
import { answerRequest } from '../../agent/adapters/host-changes/answer-request.ts';
import { jsonBounds } from '../../core/input/bounds.ts';
import { readRequest } from '../../runtime/host/read-request.ts';

const [, , root = ''] = process.argv;
const restart = (): Promise<void> => Promise.reject(new Error('the test restarts nothing'));
const request = await readRequest(process.stdin, jsonBounds.hostRequest);
const answer = await answerRequest(request, { root, restart });
process.stdout.write(`${JSON.stringify(answer)}\n`, () => process.exit());
