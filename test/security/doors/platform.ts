/** Files of the host that say what a platform is: whoever edits them may write anything. */
import type { Issue } from '../../../core/issue.ts';
import { boundIssues } from '../../../core/platform/file-issues.ts';
import { checkFlags } from '../../../core/platform/k3s/check-flags.ts';
import { checkNetwork } from '../../../core/platform/k3s/check-network.ts';
import { mergeFiles, mergeFlags, shownValues } from '../../../core/platform/k3s/merge.ts';
import { parseConfigFile } from '../../../core/platform/k3s/parse-config-file.ts';
import { readService } from '../../../core/platform/k3s/service.ts';
import { parseEnvironmentFile } from '../../../core/platform/systemd/environment.ts';
import type { PlatformIssue } from '../../../schemas/generated/agent-api/platform.ts';
import { k3sUnit } from '../../support/platform/k3s-node.ts';
import { nothing, type Door } from './door.ts';

function told(issues: readonly PlatformIssue[]): readonly Issue[] {
  return boundIssues(issues).map((issue) => ({ ...issue, pointer: '' }));
}

const noVariables = parseEnvironmentFile('/etc/default/k3s', '');

function readConfig(text: string): readonly Issue[] {
  const { entries, issues } = parseConfigFile('/etc/rancher/k3s/config.yaml', text);
  const given = mergeFlags(mergeFiles([entries]), [], noVariables);
  nothing(shownValues(given, 'server'));
  return told([...issues, ...checkFlags(given, 'server'), ...checkNetwork(given, {})]);
}

function readUnit(text: string): readonly Issue[] {
  const units = [{ file: '/etc/systemd/system/k3s.service', text }];
  const { flags, variables, issues } = readService('k3s', units, []);
  const given = mergeFlags(mergeFiles([]), flags, variables);
  return told([...issues, ...checkFlags(given, 'agent'), ...checkNetwork(given, {})]);
}

export const platformDoors: readonly Door[] = [
  {
    name: "K3s' configuration",
    samples: [
      'cluster-cidr: 10.42.0.0/16\ndisable+: [traefik, "servicelb"]\nflannel-backend: none\n',
      'a: &x [1, 0644]\nnode-ip: *x\n---\ndisable-network-policy:\n',
    ],
    read: readConfig,
  },
  {
    name: "K3s' unit",
    samples: [k3sUnit, '[Service]\nEnvironment="A=b c"\nExecStart=/k3s server $A ${A} "%n\\x41"\n'],
    read: readUnit,
  },
  {
    name: 'an environment file',
    samples: ['K3S_URL="https://10.0.0.1"\n# x\nA=b\\\nc\n'],
    read: (text) => nothing(parseEnvironmentFile('/etc/default/k3s', text)),
  },
];
