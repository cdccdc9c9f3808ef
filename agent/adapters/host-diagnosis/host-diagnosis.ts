/**
 * The checks of a machine that need no daemon and no datastore. All run in parallel, each with its
 * own deadline, and none changes anything.
 */
import { execFile } from 'node:child_process';
import { reasonOf } from '../../../runtime/errors.ts';
import { within } from '../../../runtime/pacing/within.ts';
import type { Diagnosis, Finding, HostExpectations } from '../../ports/diagnosis.ts';
import { diagnoseBgpRoutes } from './bgp-routes.ts';
import { diagnoseBgpPort } from './bgp-port.ts';
import { diagnoseBgpSessions, type DiagnosedBgp } from './bgp-sessions.ts';
import { diagnoseBpf } from './bpf.ts';
import { diagnoseCalicoCharm } from './calico-charm.ts';
import { diagnoseCalicoNode, observeCalicoNode } from './calico-node.ts';
import { diagnoseClock } from './clock.ts';
import { createHostFiles } from './read-host.ts';
import { diagnoseHomes } from './homes.ts';
import { diagnoseMtu } from './mtu.ts';
import { diagnoseStateDirectory } from './state-directory.ts';
import { diagnoseForwarding, diagnoseRpFilter } from './sysctls.ts';

export interface DiagnosedHost {
  /** The folder that has /proc, /sys, /run and /var. */
  readonly root: string;
  /** Reads one property of `timedatectl show`; undefined: the program gave no answer. */
  timedatectl(property: string): Promise<string | undefined>;
  /** Reads one property of the agent's unit; undefined: the program gave no answer. */
  systemctl(property: string): Promise<string | undefined>;
  /** The deadline of each check. */
  readonly deadlineMs: number;
}

interface Look {
  readonly check: string;
  /** Resolves when the cluster's facts that the check needs are there; its deadline begins then. */
  readonly after?: Promise<unknown>;
  look(): Promise<readonly Finding[]>;
}

const thisHost: DiagnosedHost = {
  root: '/',
  timedatectl: (property) => ask('timedatectl', ['show', '--property', property, '--value']),
  systemctl: (property) =>
    ask('systemctl', ['show', '--property', property, '--value', 'calico-agent.service']),
  deadlineMs: 10_000,
};

export function createHostDiagnosis(
  expected: HostExpectations,
  bgp: DiagnosedBgp,
  { root, timedatectl, systemctl, deadlineMs }: DiagnosedHost = thisHost,
): Diagnosis {
  const host = createHostFiles(root);
  const { cluster, stateDirectory, roles, homeFiles } = expected;
  return {
    diagnose: async () => {
      const calico = observeCalicoNode(host);
      const ofNode: readonly Look[] = [
        { check: 'calico-node', look: async () => diagnoseCalicoNode(await calico) },
        { check: 'BIRD socket', look: async () => diagnoseBgpSessions(bgp, await calico) },
        {
          check: 'BGP port',
          after: cluster,
          look: async () => diagnoseBgpPort(host, await calico, (await cluster).bgpPort),
        },
        {
          check: 'calico charm',
          after: cluster,
          look: async () => diagnoseCalicoCharm(host, await cluster),
        },
        {
          check: 'forwarding',
          after: cluster,
          look: async () => diagnoseForwarding(host, await calico, await cluster),
        },
        {
          check: 'BGP routes',
          after: cluster,
          look: async () => diagnoseBgpRoutes(bgp.sessions, await cluster),
        },
        { check: 'rp_filter', look: () => diagnoseRpFilter(host) },
        { check: 'MTU', look: () => diagnoseMtu(host) },
      ];
      const looks: readonly Look[] = [
        ...(roles.includes('node') ? ofNode : []),
        { check: '/sys/fs/bpf', look: () => diagnoseBpf(host) },
        { check: 'clock', look: () => diagnoseClock(host, timedatectl) },
        { check: 'state directory', look: () => diagnoseStateDirectory(host, stateDirectory) },
        { check: 'ProtectHome', look: () => diagnoseHomes(homeFiles, systemctl) },
      ];
      const findings = await Promise.all(
        looks.map(async ({ check, after, look }) => {
          await after?.catch(() => undefined);
          const looking = look().catch((error: unknown) => [cannotLook(check, reasonOf(error))]);
          return within<readonly Finding[]>(looking, deadlineMs, () => [
            cannotLook(check, 'it takes too long'),
          ]);
        }),
      );
      return findings.flat();
    },
  };
}

function cannotLook(check: string, reason: string): Finding {
  return { check, result: 'warning', message: `it cannot be checked: ${reason}` };
}

function ask(program: string, args: readonly string[]): Promise<string | undefined> {
  return new Promise((resolve) => {
    const options = { timeout: 3000, maxBuffer: 4096, killSignal: 'SIGKILL' } as const;
    execFile(program, args, options, (error, stdout) => {
      resolve(error === null ? stdout.trim() : undefined);
    });
  });
}
