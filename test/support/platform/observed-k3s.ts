/** A K3s node as the agent observes it, made of texts: for core/, without a host. */
import type { HostFile } from '../../../core/platform/host-file.ts';
import type { K3sInput } from '../../../core/platform/k3s/report-k3s.ts';
import { readService } from '../../../core/platform/k3s/service.ts';
import type { ObservedPlatform } from '../../../core/platform/observed-platform.ts';
import { configPath } from './k3s-node.ts';

export interface K3sTexts {
  readonly main?: string;
  /** The files of config.yaml.d by name. */
  readonly folder?: Readonly<Record<string, string>>;
  /** What follows `ExecStart=/usr/local/bin/k3s `. */
  readonly start?: string;
  readonly environment?: string;
  /** `v1.31.5+k3s1`. */
  readonly version?: string;
  /** The node started before. */
  readonly lives?: boolean;
  /** net-conf.json. */
  readonly flannel?: unknown;
}

export function k3sInput(texts: K3sTexts): K3sInput {
  const { main, folder = {}, start = 'server', environment, flannel } = texts;
  const role = start.startsWith('agent') ? 'agent' : 'server';
  const unit = role === 'agent' ? 'k3s-agent' : 'k3s';
  const file = `/etc/systemd/system/${unit}.service`;
  const text = `[Service]\nExecStart=/usr/local/bin/k3s ${start}\n`;
  const variables: readonly HostFile[] =
    environment === undefined
      ? []
      : [{ state: 'text', path: `/etc/default/${unit}`, text: environment }];
  const names = Object.keys(folder).sort((one, other) =>
    Buffer.compare(Buffer.from(one), Buffer.from(other)),
  );
  const netConf = '/var/lib/rancher/k3s/agent/etc/flannel/net-conf.json';
  return {
    role,
    unit,
    service: readService(unit, [{ file, text }], variables),
    configPath,
    hidden: [],
    configFiles: [
      main === undefined
        ? { state: 'absent', path: configPath }
        : { state: 'text', path: configPath, text: main },
      ...names.map((name): HostFile => {
        return { state: 'text', path: `${configPath}.d/${name}`, text: folder[name] ?? '' };
      }),
    ],
    version: `k3s version ${texts.version ?? 'v1.31.5+k3s1'} (0123abcd)`,
    flannel:
      flannel === undefined
        ? { state: 'absent', path: netConf }
        : { state: 'text', path: netConf, text: JSON.stringify(flannel) },
    firstStart:
      texts.lives === true
        ? { was: true, because: '/var/lib/rancher/k3s/server/tls is there' }
        : { was: false, because: '/var/lib/rancher/k3s/server is not there' },
  };
}

export function observedK3s(input: K3sInput): ObservedPlatform {
  return {
    report: { platform: 'k3s', because: [], also: [], properties: [], values: [], issues: [] },
    k3s: input,
    files: [],
    notes: [],
    dueRestarts: [],
  };
}
