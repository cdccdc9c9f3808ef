/** The checks of doctor for etcd: the connection, its health, our rights, and Calico's data. */
import { resourceKinds } from '../../../core/calico/resource.ts';
import { documentHint } from '../../../core/document-hint.ts';
import { X509Certificate } from 'node:crypto';
import { reasonOf } from '../../../runtime/errors.ts';
import type { EtcdClient } from '../../../runtime/etcd/etcd-client.ts';
import type { Finding } from '../../ports/diagnosis.ts';
import { isUnbound } from './writer-lease.ts';
import type { FoundConnection } from './connection-settings.ts';
import {
  blocksPrefix,
  clusterInformationKey,
  holderKey,
  keyOf,
  kindPrefix,
  writerRecordKey,
} from './keys.ts';
import { parseValue, recordAt } from './objects/stored-object.ts';
import { passingReading, ReadingBudget } from '../../../runtime/pacing/reading-budget.ts';

const serverCheck = 'etcd at ';
const dayMs = 86_400_000;
const warnDays = 30;

export async function diagnoseEtcd(
  client: EtcdClient,
  find: () => Promise<FoundConnection>,
): Promise<readonly Finding[]> {
  const check = 'etcd settings';
  try {
    const connection = await find();
    const { endpoints, source } = connection;
    const message = `${endpoints.join(', ')}, from ${source}`;
    const told: readonly Finding[] = [
      { check, result: 'ok', message },
      ...certificates(connection),
      ...(await servers(client)),
    ];
    // If none of them answers, each further check would only wait as long again.
    if (told.some(({ check: of, result }) => of.startsWith(serverCheck) && result === 'failed'))
      return told;
    return [
      ...told,
      await rights(client),
      await calicoThere(client),
      ...(await unboundHolder(client)),
    ];
  } catch (error) {
    const hint = `${documentHint('etcd.md')} says where the agent searches for them`;
    return [{ check, result: 'failed', message: reasonOf(error), hint }];
  }
}

function certificates({ tls }: FoundConnection): readonly Finding[] {
  const given = [
    ['etcd client certificate', tls?.cert],
    ['etcd CA certificate', tls?.ca],
  ] as const;
  return given.flatMap(([check, pem]) => (pem === undefined ? [] : [expiryOf(check, pem)]));
}

function expiryOf(check: string, pem: Buffer): Finding {
  try {
    const { validTo } = new X509Certificate(pem);
    const days = Math.floor((Date.parse(validTo) - Date.now()) / dayMs);
    const hint = 'renew it where it was made; the charm does so by itself from its CA';
    if (days < 0) return { check, result: 'failed', message: `it ended on ${validTo}`, hint };
    const message = `valid until ${validTo}`;
    return days < warnDays
      ? { check, result: 'warning', message: `${message}: ${String(days)} days`, hint }
      : { check, result: 'ok', message };
  } catch (error) {
    const hint = 'it must be a certificate in PEM form';
    return { check, result: 'failed', message: `cannot be read: ${reasonOf(error)}`, hint };
  }
}

async function servers(client: EtcdClient): Promise<readonly Finding[]> {
  const statuses = await client.statuses();
  const someAnswer = statuses.some(({ answer }) => answer !== undefined);
  return statuses.map(({ url, answer, reason }): Finding => {
    const check = `${serverCheck}${url}`;
    if (answer === undefined) {
      const hint =
        'check that etcd runs, that this machine can reach it, and that the certificates belong to it';
      return { check, result: someAnswer ? 'warning' : 'failed', message: reason ?? '', hint };
    }
    const { version, hasLeader, databaseBytes, errors } = answer;
    const message = `version ${version}, ${(databaseBytes / 2 ** 20).toFixed(1)} MiB`;
    if (!hasLeader) {
      const hint = 'most of its members must be up: etcdctl endpoint status';
      return { check, result: 'failed', message: `${message}, and has no leader`, hint };
    }
    if (errors.length > 0) {
      const hint = 'etcdctl alarm list; for NOSPACE compact, defragment, then etcdctl alarm disarm';
      return { check, result: 'failed', message: `${message}; ${errors.join('; ')}`, hint };
    }
    return { check, result: 'ok', message };
  });
}

/**
 * Sends a transaction that cannot succeed: etcd checks the rights for all of it, and writes
 * nothing.
 */
async function rights(client: EtcdClient): Promise<Finding> {
  const check = 'etcd rights';
  const written = [
    ...resourceKinds.map((kind) => keyOf(kind, 'calico-agent-doctor')),
    keyOf('Node', 'calico-agent-doctor'),
    holderKey,
    writerRecordKey,
  ];
  try {
    const readable = [{ prefix: kindPrefix('BGPFilter') }, { prefix: blocksPrefix }];
    await client.read(readable, { budget: new ReadingBudget(passingReading) });
    await client.commit({
      compares: [{ key: clusterInformationKey, modified: String(2n ** 63n - 1n) }],
      writes: written.map((put) => ({ put, value: '' })),
      otherwise: [],
    });
    return {
      check,
      result: 'ok',
      message: 'the agent may read and write everything that it needs',
    };
  } catch (error) {
    const hint = `${documentHint('etcd.md')} describes the role that the agent needs`;
    return { check, result: 'failed', message: reasonOf(error), hint };
  }
}

async function calicoThere(client: EtcdClient): Promise<Finding> {
  const check = "Calico's data in etcd";
  try {
    const { ranges } = await client.read([{ key: clusterInformationKey }]);
    const information = parseValue(ranges[0]?.[0]?.value ?? '');
    if (information === undefined) {
      const message = 'there is none: Calico never used this etcd, or uses another one';
      const hint = 'compare the endpoints with those of calico-node (ETCD_ENDPOINTS)';
      return { check, result: 'warning', message, hint };
    }
    const { calicoVersion } = recordAt(information, 'spec');
    const version = typeof calicoVersion === 'string' ? calicoVersion : 'of an unknown version';
    return { check, result: 'ok', message: `Calico ${version}` };
  } catch (error) {
    return { check, result: 'failed', message: reasonOf(error) };
  }
}

/** Empty where all is well, or where the key cannot be read: `rights` reports that. */
async function unboundHolder(client: EtcdClient): Promise<readonly Finding[]> {
  const snapshot = await client.read([{ key: holderKey }]).catch(() => undefined);
  const holder = snapshot?.ranges[0]?.[0];
  if (holder === undefined || !isUnbound(holder)) return [];
  const message = `"${holderKey}" is not bound to a lease: etcd was restored, or somebody put it by hand`;
  const hint = 'the next agent that writes for all nodes takes it; or etcdctl del it';
  return [{ check: 'writer lease', result: 'warning', message, hint }];
}
