/** The daemon's answers for the support bundle, as far as it runs. */
import type { DaemonClient } from '../../../runtime/cli/daemon-client.ts';
import type { SupportPart } from '../../ports/support.ts';

const questions: readonly (readonly [string, string, string])[] = [
  ['status', '/v1/status', 'the status'],
  ['peers', '/v1/peers', 'the peers and their sessions'],
  ['events', '/v1/events', 'the last events'],
  ['revisions', '/v1/revisions', 'the history of revisions'],
  ['plan', '/v1/plan', 'the changes that are still to be written'],
  ['drift', '/v1/drift', 'what somebody else changed'],
  ['platform', '/v1/platform', 'the platform and its settings'],
  ['facts', '/v1/facts', 'the facts of this node'],
  ['resources', '/v1/resources', 'the resources that the configuration asks for'],
  ['config', '/v1/config', 'the accepted configuration'],
  ['lxd', '/v1/lxd', 'containers and profiles'],
];

export function daemonParts(client: DaemonClient, timeoutMs: number): readonly SupportPart[] {
  return questions.map(([name, path, what]) => ({
    name: `daemon/${name}.json`,
    what: `${what} (GET ${path})`,
    read: async (signal) => (await client.read({ method: 'GET', path, timeoutMs, signal })).body,
  }));
}
