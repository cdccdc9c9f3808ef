/** How the agent shall run, as Juju says: a part of agent.yaml, and the files that it names. */
import { sha256 } from '@noble/hashes/sha2.js';
import { bytesToHex, utf8ToBytes } from '@noble/hashes/utils.js';
import type { AgentConfig } from '../../schemas/generated/agent-config.ts';
import type { ControllerRelation } from './controller-access.ts';
import type { EtcdRelation } from './etcd-access.ts';
import type { OwnOptions } from './own-options.ts';

/** Holds a secret, or what belongs to one. */
export interface EntrustedFile {
  readonly name: string;
  readonly text: string;
}

export interface RequestedSettings {
  readonly config: AgentConfig;
  readonly files: readonly EntrustedFile[];
}

export interface Related {
  readonly etcd: EtcdRelation;
  readonly controller: ControllerRelation;
}

/**
 * A file's name says its content: what is in use stays whole until the agent starts with other
 * settings, and those differ as soon as any file does.
 *
 * @param folder where the files will lie
 */
export function requestedSettings(
  options: OwnOptions,
  { etcd, controller }: Related,
  folder: string,
): RequestedSettings {
  const files: EntrustedFile[] = [];
  const entrust = (what: string, text: string): string => {
    const name = `${what}-${bytesToHex(sha256(utf8ToBytes(text))).slice(0, 16)}`;
    files.push({ name, text });
    return `${folder}/${name}`;
  };
  const config: AgentConfig = {
    apiVersion: 'calico-agent/v1',
    kind: 'AgentConfig',
    unitApplication: options.unitApplication,
    datastore: datastoreOf(options, etcd, entrust),
    drift: { policy: options.driftPolicy },
    ...(controller.state === 'complete' && {
      controller: controllerOf(controller.access, entrust),
    }),
  };
  return { config, files };
}

type Entrust = (what: string, text: string) => string;

function datastoreOf(
  { datastore }: OwnOptions,
  etcd: EtcdRelation,
  entrust: Entrust,
): NonNullable<AgentConfig['datastore']> {
  const mayBeEtcd = datastore === 'etcd' || datastore === 'auto';
  if (!mayBeEtcd || etcd.state !== 'complete') return { driver: datastore };
  const { endpoints, tls } = etcd.access;
  return {
    driver: 'etcd',
    endpoints: [...endpoints],
    ...(tls && {
      caFile: entrust('etcd-ca', tls.ca),
      certFile: entrust('etcd-cert', tls.cert),
      keyFile: entrust('etcd-key', tls.key),
    }),
  };
}

function controllerOf(
  { url, cluster, token, ca }: Extract<ControllerRelation, { state: 'complete' }>['access'],
  entrust: Entrust,
): NonNullable<AgentConfig['controller']> {
  return {
    url,
    tokenFile: entrust('controller-token', `${token}\n`),
    ...(cluster !== undefined && { cluster }),
    ...(ca !== undefined && { caFile: entrust('controller-ca', ca) }),
  };
}
