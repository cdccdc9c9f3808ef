/** Files of the host about its platform, which may contain anything. */
import type { Issue } from '../../../core/issue.ts';
import { boundIssues } from '../../../core/platform/file-issues.ts';
import { checkFlags } from '../../../core/platform/k3s/check-flags.ts';
import { checkNetwork } from '../../../core/platform/k3s/check-network.ts';
import { mergeFiles, mergeFlags, shownValues } from '../../../core/platform/k3s/merge.ts';
import { parseConfigFile } from '../../../core/platform/k3s/parse-config-file.ts';
import { readService } from '../../../core/platform/k3s/service.ts';
import { parseConflist } from '../../../core/platform/cni/conflist.ts';
import { parseLinks } from '../../../core/platform/cni/parse-links.ts';
import { optionsOf, parseArgumentsFile } from '../../../core/platform/arguments/arguments-file.ts';
import { checkArguments } from '../../../core/platform/microk8s/check-arguments.ts';
import { checkCalico } from '../../../core/platform/microk8s/check-calico.ts';
import { checkRefresh } from '../../../core/platform/microk8s/check-refresh.ts';
import { parseCniManifest } from '../../../core/platform/microk8s/cni-manifest.ts';
import { jsonBounds } from '../../../core/input/bounds.ts';
import { jsonValue } from '../../../core/input/parse-json.ts';
import { parseEnvironmentFile } from '../../../core/platform/systemd/environment.ts';
import type { PlatformIssue } from '../../../schemas/generated/agent-api/platform.ts';
import { k3sUnit } from '../../support/platform/k3s-node.ts';
import { kubeProxy, manifest } from '../../support/platform/microk8s-node.ts';
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

const before = parseCniManifest('/cni.yaml', manifest.replaceAll('v3.29.3', 'v3.21.4'));

function readManifest(text: string): readonly Issue[] {
  const parsed = parseCniManifest('/cni.yaml', text);
  return told([
    ...parsed.issues,
    ...checkCalico('/cni.yaml', parsed),
    ...checkRefresh(parsed, before),
  ]);
}

function readArguments(text: string): readonly Issue[] {
  const file = parseArgumentsFile(text);
  nothing(optionsOf(file));
  return told(checkArguments('/kubelet', file));
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
  { name: 'cni.yaml', samples: [manifest], read: readManifest },
  { name: 'an arguments file', samples: [kubeProxy, '--a  b # c\n--a=$X\n'], read: readArguments },
  {
    name: 'a CNI configuration',
    samples: ['{"name":"x","plugins":[{"type":"calico","ipam":{"type":"calico-ipam"}}]}'],
    read: (text) => nothing(parseConflist(text)),
  },
  {
    name: "the kernel's interfaces",
    samples: ['[{"ifname":"lo","flags":["UP"]},{"ifname":7}]'],
    read: (text) => nothing(parseLinks(jsonValue(text, jsonBounds.links))),
  },
  {
    name: 'an environment file',
    samples: ['K3S_URL="https://10.0.0.1"\n# x\nA=b\\\nc\n'],
    read: (text) => nothing(parseEnvironmentFile('/etc/default/k3s', text)),
  },
];
