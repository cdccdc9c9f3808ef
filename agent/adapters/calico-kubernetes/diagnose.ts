/** The findings of `doctor` about the API server, one part after another. */
import { X509Certificate } from 'node:crypto';
import { textAt } from '../../../core/input/plain-data.ts';
import { printable } from '../../../core/printable.ts';
import { AppError, reasonOf } from '../../../runtime/errors.ts';
import type { Finding } from '../../ports/diagnosis.ts';
import { apiGroups, type CalicoApi } from './calico-api.ts';
import { diagnoseBackend } from './diagnose/diagnose-backend.ts';
import { diagnoseNodeStatus } from './diagnose/diagnose-node-status.ts';
import { diagnoseRights } from './diagnose/diagnose-rights.ts';
import type { DriverOptions } from '../../ports/datastore/connected-datastore.ts';
import type { Session } from './api-server.ts';

/** Short, because a person waits. */
const answerMs = 3000;
const dayMs = 86_400_000;
const soonDays = 14;
/** Generous, because the Date header counts whole seconds, and takes time to arrive. */
const clockMs = 5000;

/** Never throws. */
export async function diagnoseKubernetes(
  session: Session,
  namespace: string,
  { clock, node }: Pick<DriverOptions, 'clock' | 'node'>,
): Promise<readonly Finding[]> {
  const now = (): number => Date.parse(clock.now());
  const reached = await diagnoseServer(session, now);
  if (reached.some(({ result }) => result === 'failed')) return reached;
  const credentials = await diagnoseCredentials(session, now());
  const calico = await diagnoseApi(session);
  const { api } = calico;
  const [rights, reports, backend] = await Promise.all([
    api === undefined ? [] : diagnoseRights(session, api, namespace),
    api === undefined ? [] : diagnoseNodeStatus(session, api, { clock, node }),
    diagnoseBackend(session.client),
  ]);
  return [...reached, ...credentials, ...calico.findings, ...rights, ...reports, ...backend];
}

async function diagnoseServer({ client }: Session, now: () => number): Promise<readonly Finding[]> {
  const check = 'datastore reachable';
  try {
    const { access } = await client.access();
    // The first request makes the connection; only the second one is measured.
    await client.send({ what: 'reach the API server', path: '/version', timeoutMs: answerMs });
    const began = performance.now();
    const answer = await client.send({ what: 'reach the API server', path: '/version' });
    const ms = Math.max(1, Math.round(performance.now() - began));
    const version = printable(textAt(answer.data, 'gitVersion') ?? 'of an unknown version');
    const message = `${access.server} is Kubernetes ${version} and answers in ${String(ms)} ms`;
    return [{ check, result: 'ok', message }, ...clockFindings(answer.dateMs, now())];
  } catch (error) {
    return [{ check, result: 'failed', message: reasonOf(error) }];
  }
}

function clockFindings(serverMs: number | undefined, ourMs: number): readonly Finding[] {
  if (serverMs === undefined) return [];
  const check = "the API server's clock";
  const apart = Math.abs(serverMs - ourMs);
  if (apart <= clockMs) {
    return [{ check, result: 'ok', message: 'agrees with this machine’s' }];
  }
  const seconds = String(Math.round(apart / 1000));
  const way = serverMs > ourMs ? 'ahead of' : 'behind';
  const message = `is ${seconds} s ${way} this machine’s`;
  const hint = 'let both follow NTP: certificates and tokens depend on it';
  return [{ check, result: 'warning', message, hint }];
}

async function diagnoseCredentials(
  { client }: Session,
  nowMs: number,
): Promise<readonly Finding[]> {
  const check = 'credentials';
  try {
    const { access, certificate } = await client.access();
    const { source, identity } = access;
    if (certificate === undefined) {
      const kind = kindOf(identity);
      return [{ check, result: 'ok', message: `from the ${source}: ${kind}` }];
    }
    const { validTo } = new X509Certificate(certificate.certificate);
    const days = Math.floor((Date.parse(validTo) - nowMs) / dayMs);
    const message = `from the ${source}: a client certificate, until ${validTo}`;
    if (days >= soonDays) return [{ check, result: 'ok', message }];
    const hint =
      'renew it: `kubeadm certs renew`, `microk8s refresh-certs`, `k3s certificate rotate`; the agent then reads it again';
    return [{ check, result: days < 0 ? 'failed' : 'warning', message, hint }];
  } catch (error) {
    const message = error instanceof AppError ? error.message : 'the client certificate is not one';
    return [{ check, result: 'failed', message }];
  }
}

function kindOf({
  exec,
  tokenFile,
  token,
}: {
  exec?: unknown;
  tokenFile?: string;
  token?: string;
}): string {
  if (exec !== undefined) return 'a plugin';
  if (tokenFile !== undefined) return `the token in "${tokenFile}"`;
  return token === undefined ? 'none' : 'a token';
}

async function diagnoseApi(
  session: Session,
): Promise<{ readonly findings: readonly Finding[]; readonly api?: CalicoApi }> {
  const check = "Calico's API";
  try {
    const api = await session.api();
    const others = apiGroups.filter((group) => group !== api.group && api.found.has(group));
    const beside = others
      .map((group) => `; ${group} is there too, and calico-agent does not use it`)
      .join('');
    const kinds = [...(api.found.get(api.group) ?? [])].filter((kind) => !kind.includes('/'));
    const message = `${api.group} with ${String(kinds.length)} kinds${beside}`;
    return { findings: [{ check, result: 'ok', message }], api };
  } catch (error) {
    return { findings: [{ check, result: 'failed', message: reasonOf(error) }] };
  }
}
