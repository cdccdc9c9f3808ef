/**
 * The settings of the connection to Calico's etcd: from agent.yaml, and for the rest from the
 * sources of calicoctl.
 */
import path from 'node:path';
import { withoutUndefined } from '../../../core/without-undefined.ts';
import {
  findCalicoctlConfig,
  readCalicoctlConfig,
  type CalicoctlConfig,
  type CalicoctlEtcd,
} from '../../../runtime/calicoctl-config.ts';
import { AppError, reasonOf } from '../../../runtime/errors.ts';
import type { EtcdConnection, EtcdTls } from '../../../runtime/etcd/connection.ts';
import { checkCertificates, checkKeyPair, type PlacedPem } from '../../../runtime/tls/check-pem.ts';
import { readSmallFile } from '../../../runtime/files/read-small-file.ts';
import type { DriverOptions } from '../../ports/datastore/connected-datastore.ts';
import type { EtcdDatastore } from '../../../schemas/generated/agent-config.ts';

export interface FoundConnection extends EtcdConnection {
  /** The source of the endpoints, for people. */
  readonly source: string;
}

type Surroundings = Pick<DriverOptions, 'environment' | 'root'>;

const defaultTimeoutSeconds = 10;

/** @throws AppError datastore-failed, retryable: the charm may write the files later */
export async function findConnection(
  settings: EtcdDatastore,
  options: Surroundings,
): Promise<FoundConnection> {
  try {
    return await connectionOf(settings, await calicoctlEtcd(settings, options));
  } catch (error) {
    const message = `cannot find out how to reach etcd: ${reasonOf(error)}`;
    throw new AppError('datastore-failed', message, { cause: error, retryable: true });
  }
}

/** Not read where agent.yaml names the endpoints: calicoctl's may be those of another cluster. */
async function calicoctlEtcd(
  { endpoints, calicoctlConfig }: EtcdDatastore,
  { environment, root }: Surroundings,
): Promise<CalicoctlEtcd | undefined> {
  if (calicoctlConfig !== undefined) return etcdOf(await readCalicoctlConfig(calicoctlConfig));
  if (endpoints !== undefined) return undefined;
  return etcdOf(await findCalicoctlConfig(environment, root));
}

function etcdOf(config: CalicoctlConfig): CalicoctlEtcd {
  const name = 'name datastore.endpoints in agent.yaml';
  switch (config.type) {
    case 'etcd':
      return config;
    case 'kubernetes':
      throw unusable(
        `${config.source} says that Calico's datastore is Kubernetes; choose that driver`,
      );
    case 'unsupported':
      throw unusable(`${config.source}: ${config.why}`);
    case 'none':
      throw unusable(`there is nothing in ${config.looked.join(', ')}; ${name}`);
  }
}

async function connectionOf(
  settings: EtcdDatastore,
  found: CalicoctlEtcd | undefined,
): Promise<FoundConnection> {
  const endpoints = (settings.endpoints ?? found?.endpoints ?? []).map(endpointOf);
  if (endpoints.length === 0) throw unusable('no endpoints are named');
  const tls = await tlsOf(settings, found);
  const auth = await authOf(settings, found);
  return {
    endpoints,
    source: settings.endpoints === undefined ? (found?.source ?? '') : 'agent.yaml',
    timeoutMs: (settings.timeoutSeconds ?? defaultTimeoutSeconds) * 1000,
    ...withoutUndefined({ tls, auth }),
  };
}

function endpointOf(text: string): string {
  const url = text.includes('://') ? text : `http://${text}`;
  if (/^https?:\/\/[^\s/]+\/?$/.test(url) && URL.canParse(url)) return url.replace(/\/$/, '');
  throw unusable(`"${text}" is not an endpoint: write https://HOST:PORT`);
}

async function tlsOf(
  settings: EtcdDatastore,
  found: CalicoctlEtcd | undefined,
): Promise<EtcdTls | undefined> {
  const { inline } = found ?? {};
  const [ca, cert, key] = await Promise.all([
    pem('caFile', settings.caFile, found, inline?.ca),
    pem('certFile', settings.certFile, found, inline?.cert),
    pem('keyFile', settings.keyFile, found, inline?.key),
  ]);
  if ((cert === undefined) !== (key === undefined))
    throw unusable('a client certificate needs both, the certificate and its key');
  if (ca !== undefined) checkCertificates(ca);
  if (cert !== undefined && key !== undefined) checkKeyPair(cert, key);
  const tls = withoutUndefined({ ca: bytesOf(ca), cert: bytesOf(cert), key: bytesOf(key) });
  if (Object.keys(tls).length === 0) return undefined;
  return { ...tls, places: withoutUndefined({ ca: ca?.place, cert: cert?.place }) };
}

type TlsSetting = 'caFile' | 'certFile' | 'keyFile';

const calicoctlNames: Readonly<Record<TlsSetting, string>> = {
  caFile: 'etcdCACertFile',
  certFile: 'etcdCertFile',
  keyFile: 'etcdKeyFile',
};

async function pem(
  setting: TlsSetting,
  own: string | undefined,
  found: CalicoctlEtcd | undefined,
  inline: string | undefined,
): Promise<PlacedPem | undefined> {
  if (own !== undefined) return placedPem(own, `${setting} "${own}"`);
  const theirs = found?.[setting];
  const name = calicoctlNames[setting];
  const source = found?.source ?? '';
  if (theirs !== undefined) return placedPem(theirs, `${name} "${theirs}" of ${source}`);
  if (inline === undefined) return undefined;
  return { pem: inline, place: `${name.replace(/File$/, '')} in ${source}` };
}

async function placedPem(file: string, place: string): Promise<PlacedPem> {
  return { pem: await textOf(file, place), place };
}

function bytesOf(placed: PlacedPem | undefined): Buffer | undefined {
  return placed && Buffer.from(placed.pem);
}

async function authOf(
  settings: EtcdDatastore,
  found: CalicoctlEtcd | undefined,
): Promise<EtcdConnection['auth']> {
  const username = settings.username ?? found?.username;
  const password =
    settings.passwordFile === undefined
      ? found?.password
      : (await textOf(settings.passwordFile, `passwordFile "${settings.passwordFile}"`)).replace(
          /\r?\n$/,
          '',
        );
  if (username !== undefined && password !== undefined) return { username, password };
  if (username === undefined && password === undefined) return undefined;
  const half =
    username === undefined ? 'a password without a user name' : 'a user name without a password';
  throw unusable(`there is ${half}: set username and passwordFile, or neither`);
}

/** @param place which setting names it, for people */
async function textOf(file: string, place: string): Promise<string> {
  const relative = path.isAbsolute(file) ? '' : `, which is relative to "${process.cwd()}"`;
  return await readSmallFile(file, place + relative);
}

function unusable(reason: string): AppError {
  return new AppError('invalid-settings', reason);
}
