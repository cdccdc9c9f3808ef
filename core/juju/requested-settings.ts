/** The agent's settings from Juju: a part of agent.yaml, and the files that it names. */
import { sha256 } from '@noble/hashes/sha2.js';
import { bytesToHex, utf8ToBytes } from '@noble/hashes/utils.js';
import type { AgentConfig } from '../../schemas/generated/agent-config.ts';
import type { ControllerRelation } from './controller-access.ts';
import type { EtcdRelation } from './etcd-access.ts';
import type { OwnOptions } from './own-options.ts';

/** A file with a secret, or with data that belongs to one. */
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

/** The previous settings, and the folder of their files. */
export interface KnownSettings {
  readonly folder: string;
  readonly config: AgentConfig | undefined;
}

/**
 * Data that a relation does not give now stays as it was. A file's name contains the digest of its
 * content: files in use stay unchanged until the agent starts with other settings, and the settings
 * differ as soon as a file does.
 */
export function requestedSettings(
  options: OwnOptions,
  { etcd, controller }: Related,
  { folder, config: known }: KnownSettings,
): RequestedSettings {
  const files: EntrustedFile[] = [];
  const entrust = (what: string, text: string): string => {
    const name = `${what}-${bytesToHex(sha256(utf8ToBytes(text))).slice(0, 16)}`;
    files.push({ name, text });
    return `${folder}/${name}`;
  };
  const link = controllerOf(controller, known, entrust);
  const config: AgentConfig = {
    apiVersion: 'calico-agent/v1',
    kind: 'AgentConfig',
    unitApplication: options.unitApplication,
    datastore: datastoreOf(options, etcd, known, entrust),
    drift: { policy: options.driftPolicy },
    ...(link !== undefined && { controller: link, source: 'controller' }),
  };
  return { config, files };
}

type Entrust = (what: string, text: string) => string;

function datastoreOf(
  { datastore }: OwnOptions,
  etcd: EtcdRelation,
  known: AgentConfig | undefined,
  entrust: Entrust,
): NonNullable<AgentConfig['datastore']> {
  const mayBeEtcd = datastore === 'etcd' || datastore === 'auto';
  if (mayBeEtcd && etcd.state === 'unknown' && known?.datastore?.driver === 'etcd')
    return known.datastore;
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
  controller: ControllerRelation,
  known: AgentConfig | undefined,
  entrust: Entrust,
): AgentConfig['controller'] {
  const { state } = controller;
  if (state === 'unknown' || state === 'unusable') return known?.controller;
  if (controller.state !== 'complete') return undefined;
  const { url, cluster, token, ca } = controller.access;
  return {
    url: typeof url === 'string' ? url : [...url],
    tokenFile: entrust('controller-token', `${token}\n`),
    ...(cluster !== undefined && { cluster }),
    ...(ca !== undefined && { caFile: entrust('controller-ca', ca) }),
  };
}
