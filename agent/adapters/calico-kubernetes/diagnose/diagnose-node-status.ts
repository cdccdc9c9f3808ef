import { parseNodeStatus } from '../../../../core/sessions/node-status/parse-node-status.ts';
import { durationText } from '../../../../core/sessions/duration-text.ts';
import { documentHint } from '../../../../core/document-hint.ts';
import { reasonOf } from '../../../../runtime/errors.ts';
import type { DriverOptions } from '../../../ports/datastore/connected-datastore.ts';
import type { Finding } from '../../../ports/diagnosis.ts';
import type { CalicoApi } from '../calico-api.ts';
import { nodeStatusName } from '../node-status.ts';
import type { Session } from '../api-server.ts';

const check = 'CalicoNodeStatus';
const hint = `${documentHint('sessions.md')} says when the agent uses it`;

/** Checks calico-node's report of this node's sessions; empty: there is none. Changes nothing. */
export async function diagnoseNodeStatus(
  { client }: Pick<Session, 'client'>,
  { nodeStatusesPath: path }: Pick<CalicoApi, 'nodeStatusesPath'>,
  { clock, node }: Pick<DriverOptions, 'clock' | 'node'>,
): Promise<readonly Finding[]> {
  if (path === undefined) return [];
  const name = nodeStatusName(node());
  try {
    const object = await client.find('read what calico-node reports', `${path}/${name}`);
    if (object === undefined) return [];
    return [findingOf(object, name, Date.parse(clock.now()))];
  } catch (error) {
    return [{ check, result: 'warning', message: reasonOf(error) }];
  }
}

function findingOf(object: unknown, at: string, now: number): Finding {
  const { ageSeconds, daemons } = parseNodeStatus(object, { at, now });
  if (ageSeconds === undefined) {
    return { check, result: 'warning', message: `${at}: calico-node has not filled it`, hint };
  }
  const when = `calico-node changed it ${durationText(ageSeconds)} ago`;
  const fault = daemons.find((daemon) => !daemon.ok);
  if (fault?.ok === false) {
    return { check, result: 'warning', message: `${at}: ${fault.why}; ${when}`, hint };
  }
  const sessions = daemons.flatMap((daemon) => (daemon.ok ? daemon.sessions : []));
  const standing = sessions.filter(({ state }) => state === 'Established').length;
  const message = `${at}: ${standing} of ${sessions.length} sessions established, for where BIRD's socket is not within reach; ${when}`;
  return { check, result: 'ok', message };
}
