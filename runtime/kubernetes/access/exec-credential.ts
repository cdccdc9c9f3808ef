/**
 * Credential plugins of kubeconfigs: a program prints an ExecCredential.
 * Source: client-go/plugin/pkg/client/auth/exec, KEP-541.
 */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { isMap, textAt } from '../../../core/input/plain-data.ts';
import { AppError, systemCodeOf } from '../../errors.ts';
import type { ClientCertificate, ExecPlugin } from './cluster-access.ts';
import { jsonBounds } from '../../../core/input/bounds.ts';
import { jsonValue } from '../../../core/input/parse-json.ts';

const run = promisify(execFile);
const maxBytes = 1024 * 1024;

export interface ExecCredential {
  readonly token?: string;
  readonly certificate?: ClientCertificate;
  /** Wall clock time in ms; absent: valid as long as the server accepts it. */
  readonly validUntil?: number;
}

/** Runs the plugin. No error contains its output, which may have the secret. */
export async function runExecPlugin(
  plugin: ExecPlugin,
  environment: Readonly<Record<string, string | undefined>>,
  timeoutMs: number,
): Promise<ExecCredential> {
  const { apiVersion, command, args, cluster } = plugin;
  const info = {
    apiVersion,
    kind: 'ExecCredential',
    spec: { interactive: false, ...(cluster !== undefined && { cluster }) },
  };
  const env = { ...environment, ...plugin.env, KUBERNETES_EXEC_INFO: JSON.stringify(info) };
  const options = { env, timeout: timeoutMs, maxBuffer: maxBytes, killSignal: 'SIGKILL' } as const;
  const { stdout } = await run(command, [...args], options).catch((error: unknown) => {
    throw failed(plugin, failureReason(error, timeoutMs));
  });
  return parseCredential(plugin, stdout);
}

function parseCredential(plugin: ExecPlugin, text: string): ExecCredential {
  const data = jsonValue(text, jsonBounds.credential);
  if (!isMap(data) || data['kind'] !== 'ExecCredential') {
    throw failed(plugin, 'it printed no ExecCredential in JSON');
  }
  if (data['apiVersion'] !== plugin.apiVersion) {
    throw failed(plugin, `it did not answer in ${plugin.apiVersion}, as the kubeconfig says`);
  }
  const token = textAt(data, 'status', 'token');
  const certificate = textAt(data, 'status', 'clientCertificateData');
  const key = textAt(data, 'status', 'clientKeyData');
  const hasCertificate = certificate !== undefined && key !== undefined;
  if (token === undefined && !hasCertificate) {
    throw failed(plugin, 'it gave neither a token nor a certificate with its key');
  }
  const until = Date.parse(textAt(data, 'status', 'expirationTimestamp') ?? '');
  return {
    ...(token !== undefined && { token }),
    ...(hasCertificate && { certificate: { certificate, key } }),
    ...(!Number.isNaN(until) && { validUntil: until }),
  };
}

function failureReason(error: unknown, timeoutMs: number): string {
  const code = systemCodeOf(error);
  if (code === 'ENOENT') return 'no such program';
  if (code === 'EACCES') return 'it may not be run';
  if (code === 'ERR_CHILD_PROCESS_STDIO_MAXBUFFER') return 'it printed too much';
  if (error instanceof Error && 'killed' in error && error.killed === true) {
    return `it did not end within ${String(timeoutMs / 1000)} s`;
  }
  if (error instanceof Error && 'code' in error && typeof error.code === 'number') {
    return `it ended with exit status ${String(error.code)}; run it by hand to see why`;
  }
  return 'it could not be run';
}

function failed({ command, installHint }: ExecPlugin, reason: string): AppError {
  const hint = installHint === undefined ? '' : `; ${installHint}`;
  return new AppError(
    'datastore-failed',
    `cannot get credentials from the plugin "${command}": ${reason}${hint}`,
    { retryable: true },
  );
}
