/** The checks of doctor for the daemon, by its socket. */
import { revisionText } from '../../../core/revision/revision-text.ts';
import { AppError, reasonOf } from '../../../runtime/errors.ts';
import type { Platform } from '../../../schemas/generated/agent-api/platform.ts';
import type { AgentStatus } from '../../../schemas/generated/agent-status.ts';
import type { Finding } from '../../ports/diagnosis.ts';
import { answerOf } from '../../../runtime/cli/daemon-client.ts';
import { createAgentClient } from '../daemon/agent-client.ts';
import { platformAnswer, shownRevisionAnswer, statusAnswer } from '../daemon/answers.ts';
import { progressText } from '../output/status-text.ts';

export interface DaemonSeen {
  readonly findings: readonly Finding[];
  /** Absent: the daemon does not answer. */
  readonly status?: AgentStatus;
}

const check = 'daemon';
const timeoutMs = 5000;

/** @param driver the datastore driver in agent.yaml; absent: not known */
export async function diagnoseDaemon(
  socket: string,
  driver: string | undefined,
): Promise<DaemonSeen> {
  try {
    const client = createAgentClient(socket);
    const reading = client.read({ method: 'GET', path: '/v1/status', timeoutMs });
    const status = await answerOf(reading, statusAnswer);
    const findings = [
      stateOf(status),
      ...storageOf(status),
      ...oddityOf(status),
      ...routesOf(status),
      ...settingsOf(status, driver),
      ...controllerOf(status),
    ];
    return { findings, status };
  } catch (error) {
    const isClosed = error instanceof AppError && error.code === 'access-denied';
    const hint = isClosed
      ? 'run calico-agent doctor as root'
      : 'systemctl status calico-agent, and journalctl -u calico-agent, say why';
    const result = isClosed ? 'warning' : 'failed';
    return { findings: [{ check, result, message: reasonOf(error), hint }] };
  }
}

/** Undefined: the daemon does not answer, which is a finding of its own. */
export async function platformOfDaemon(socket: string): Promise<Platform | undefined> {
  const reading = createAgentClient(socket).read({
    method: 'GET',
    path: '/v1/platform',
    timeoutMs,
  });
  return answerOf(reading, platformAnswer).catch(() => undefined);
}

/** The configuration in force, as it was sent. */
export interface InForce {
  /** As `calico-agent show` takes it. */
  readonly name: string;
  readonly text: string;
}

/** Undefined: there is none, or the daemon does not say. @throws AppError where it does not answer */
export async function inForceOfDaemon(
  socket: string,
  status: AgentStatus | undefined,
): Promise<InForce | undefined> {
  const revision = status?.revisions.inForce;
  if (revision === undefined) return undefined;
  const name = revisionText(revision);
  const path = `/v1/revision?${new URLSearchParams({ revision: name }).toString()}`;
  const reading = createAgentClient(socket).read({ method: 'GET', path, timeoutMs });
  return { name, text: (await answerOf(reading, shownRevisionAnswer)).revision.text };
}

const lostHint =
  'calico-agent history shows the last revisions; calico-agent apply CONFIG applies a new one';

function stateOf(status: AgentStatus): Finding {
  const message = progressText(status);
  switch (status.state) {
    case 'failed': {
      const hint = 'calico-agent plan shows what is left to do; the agent tries again';
      return { check, result: 'failed', message, hint };
    }
    case 'held': {
      const option = status.hold?.scope === 'cluster' ? ' --cluster' : '';
      const hint = `calico-agent release-hold${option} lets it write again`;
      return { check, result: 'warning', message, hint };
    }
    case 'drifted': {
      const hint = 'calico-agent drift shows the differences, and --correct puts them back';
      return { check, result: 'warning', message, hint };
    }
    case 'rolling-back': {
      const hint = 'calico-agent history says why the last revision was rolled back';
      return { check, result: 'warning', message, hint };
    }
    case 'waiting': {
      const isLost = status.needsPerson === true && status.revisions.accepted === undefined;
      if (isLost) return { check, result: 'warning', message, hint: lostHint };
      if (status.revisions.accepted === undefined) return { check, result: 'ok', message };
      const hint =
        'the message says what the agent waits for; the configuration in force stays until then';
      return { check, result: 'warning', message, hint };
    }
    case 'applying':
    case 'recovering':
    case 'awaiting-writer':
    case 'awaiting-gate':
    case 'confirming':
    case 'in-force':
      return { check, result: 'ok', message };
  }
}

function storageOf({ storage }: AgentStatus): Finding[] {
  return (storage?.problems ?? []).map(({ message, hint }) => ({
    check: 'state directory',
    result: 'warning',
    message,
    hint,
  }));
}

function routesOf({ sessions }: AgentStatus): Finding[] {
  if (sessions?.oddRoutes === undefined) return [];
  const hint =
    'a node or router on the way has another AS number than the others: calico-agent peers there, and the configuration of the router, say which';
  return [{ check: 'BGP routes', result: 'warning', message: sessions.oddRoutes, hint }];
}

const oddities: Readonly<Record<string, string>> = {
  'address-absent': 'addresses',
  'object-unreadable': 'datastore',
};

/** Findings for issues that are no fault of the configuration. */
function oddityOf({ issues }: AgentStatus): Finding[] {
  return issues.flatMap(({ code, message, hint }) => {
    const about = oddities[code];
    if (about === undefined) return [];
    return [
      { check: about, result: 'warning' as const, message, ...(hint !== undefined && { hint }) },
    ];
  });
}

/**
 * Warns if the daemon was started with other settings than agent.yaml has now, which doctor uses.
 */
function settingsOf({ restartNeeded = [], datastore }: AgentStatus, driver = 'auto'): Finding[] {
  const isOther = driver !== 'auto' && datastore.driver !== 'none' && datastore.driver !== driver;
  const names = restartNeeded.length > 0 ? restartNeeded : isOther ? ['datastore'] : [];
  if (names.length === 0) return [];
  const message = `it runs with another ${names.join(', ')} than agent.yaml has now`;
  return [{ check, result: 'warning', message, hint: 'systemctl restart calico-agent' }];
}

function controllerOf({ controller }: AgentStatus): Finding[] {
  if (controller === undefined) return [];
  const { url, connected, message } = controller;
  const hint = `check that this machine can reach ${url}, and that the token is right`;
  return [
    connected
      ? { check: 'controller', result: 'ok', message: `connected to ${url}` }
      : { check: 'controller', result: 'warning', message: `not connected: ${message}`, hint },
  ];
}
