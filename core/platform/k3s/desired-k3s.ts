/**
 * What the `k3s:` section of a configuration asks of one node: a file of ours in config.yaml.d, which K3s
 * puts together with its other files and its command line (merge.ts).
 */
import type { K3sSettings } from '../../config/platform/k3s-settings.ts';
import { issueAt } from '../../findings.ts';
import { hasErrors, type Issue, type Place } from '../../issue.ts';
import { printable } from '../../printable.ts';
import type { PlatformIssue } from '../../../schemas/generated/agent-api/platform.ts';
import { nothingDesired, type PlatformDesired } from '../desired-platform.ts';
import { isHidden, type HostFile } from '../host-file.ts';
import { isReadable } from '../host-paths.ts';
import type { ObservedPlatform } from '../observed-platform.ts';
import { checkFlags } from './check-flags.ts';
import { calicoForwarding } from './desired/calico-forwarding.ts';
import { checkEffect } from './desired/check-effect.ts';
import { checkPoolsHere } from './desired/check-pools.ts';
import { desiredFlags, type DesiredFlag } from './desired/desired-flags.ts';
import { dropInName, dropInText, lineOf, type DropInLine } from './desired/drop-in.ts';
import { checkCniChange, checkFirstStart } from './desired/first-start.ts';
import { loadBalancerWaits } from './desired/load-balancers.ts';
import { manualSteps, stepsOfAgent } from './desired/manual-steps.ts';
import { backendFault, minorOf } from './flannel-backends.ts';
import { readGiven } from './given-flags.ts';
import { itemsInForce, type GivenFlags } from './merge.ts';
import { livingFlannel, type K3sInput } from './report-k3s.ts';

/** @param pools the CIDRs of Calico's pools in the same document */
export function desiredK3s(
  settings: K3sSettings,
  observed: ObservedPlatform,
  pools: readonly string[] = [],
): PlatformDesired {
  const input = observed.k3s;
  if (input === undefined) return nothingDesired;
  const flags = desiredFlags(settings);
  // Agents learn all of it from their server, and do not start with flags of servers.
  if (input.role === 'agent') {
    const manual = stepsOfAgent(flags, livingFlannel(input.flannel));
    return {
      ...nothingDesired,
      cluster: calicoForwarding(settings),
      manual,
      asked: valuesOf(flags),
    };
  }
  if (flags.length === 0) return nothingDesired;
  const found = [...checkPlace(settings, input), ...checkRelease(flags, input)];
  if (hasErrors(found)) return { ...nothingDesired, issues: found };
  // Where the document does not name cluster-cidr, the other files and the command line decide it.
  const others = withDropIn(input.configFiles, dropInPath(input));
  const { given } = readGiven({ ...input, configFiles: others });
  const issues = [...found, ...checkPoolsHere(flags, given, pools)];
  return dropIn(settings, flags, { input, issues, loadBalancers: observed.loadBalancers });
}

interface DropInBase {
  readonly input: K3sInput;
  readonly issues: readonly Issue[];
  readonly loadBalancers: ObservedPlatform['loadBalancers'];
}

function dropIn(
  settings: K3sSettings,
  flags: readonly DesiredFlag[],
  { input, issues, loadBalancers }: DropInBase,
): PlatformDesired {
  const path = dropInPath(input);
  const others = readGiven({ ...input, configFiles: withDropIn(input.configFiles, path) });
  const lines = flags.flatMap((flag): DropInLine[] => {
    const line = lineOf(flag, {
      files: others.files.values.get(flag.name) ?? [],
      commandLine: (others.given.get(flag.name) ?? []).filter(
        ({ kind }) => kind === 'command-line',
      ),
    });
    return line === undefined ? [] : [line];
  });
  const text = dropInText(lines);
  const after = readGiven({
    ...input,
    configFiles: withDropIn(input.configFiles, path, text),
  });
  const before = readGiven(input).given;
  const flannel = livingFlannel(input.flannel);
  const { unit, firstStart } = input;
  const [was, is] = [before, after.given].map((one) =>
    itemsInForce(one, 'disable').includes('servicelb'),
  );
  const wanted = settings.loadBalancer?.value;
  const waits =
    wanted === undefined || loadBalancers === undefined || !firstStart.was
      ? undefined
      : loadBalancerWaits(wanted, loadBalancers, was !== is);
  return {
    ...nothingDesired,
    cluster: calicoForwarding(settings),
    files: [
      {
        form: 'whole',
        path,
        foreign: 'refuse',
        ...(text !== undefined && { text }),
        reasons: flags.map(({ setting, place }) => ({ rule: setting, place })),
      },
    ],
    services: [
      {
        service: `${unit}.service`,
        files: [path],
        why: 'K3s reads its configuration at its start alone',
      },
    ],
    ...(waits !== undefined && { waits }),
    manual: manualSteps({
      flags: waits === undefined ? flags : flags.filter(({ name }) => name !== 'disable'),
      before,
      after: after.given,
      start: firstStart,
      flannel,
    }),
    asked: valuesOf(flags),
    issues: [
      ...issues,
      ...checkOthers(settings, after.given),
      ...flags.flatMap((flag) => checkEffect(flag, after, path, unit)),
      ...checkFirstStart(flags, before, after.given, firstStart, flannel),
      ...checkCniChange(flags, before, firstStart, flannel),
    ],
  };
}

function valuesOf(flags: readonly DesiredFlag[]): readonly unknown[] {
  return flags.map(({ name, ...flag }) => [name, flag.form === 'value' ? flag.value : flag.values]);
}

function dropInPath({ configPath }: K3sInput): string {
  return `${configPath}.d/${dropInName}`;
}

/** The files as K3s would read them with this text of ours; undefined: without our file. */
function withDropIn(files: readonly HostFile[], path: string, text?: string): readonly HostFile[] {
  const [main, ...others] = files.filter((file) => file.path !== path);
  if (text !== undefined) others.push({ state: 'text', path, text });
  others.sort((one, other) => byBytes(one.path, other.path));
  return main === undefined ? others : [main, ...others];
}

/** K3s' order: Go sorts names by their bytes, which is the order of code points. */
function byBytes(one: string, other: string): number {
  const [left, right] = [Array.from(one), Array.from(other)];
  const at = left.findIndex((character, index) => character !== right[index]);
  if (at === -1) return left.length - right.length;
  return (left[at]?.codePointAt(0) ?? 0) - (right[at]?.codePointAt(0) ?? -1);
}

/** config.yaml.d came with K3s 1.21. Source: docs.k3s.io installation/configuration. */
const firstWithDropIns = 21;

function checkPlace(
  { place }: K3sSettings,
  { configPath, configFiles, hidden, version, service }: K3sInput,
): readonly Issue[] {
  const refuse = (code: string, message: string, hint: string): readonly Issue[] => [
    issueAt(place, 'error', code, message, hint),
  ];
  const minor = minorOf(version);
  if (minor !== undefined && minor < firstWithDropIns) {
    const message = `this node has K3s 1.${String(minor)}, which reads no folder config.yaml.d: nothing can be set beside its own files`;
    return refuse('k3s-no-drop-ins', message, 'upgrade K3s to 1.21 or later');
  }
  if (!isReadable(configPath)) {
    const message = `K3s reads its configuration at ${printable(configPath)}, where the agent writes nothing`;
    return refuse('k3s-config-elsewhere', message, 'move it to /etc/rancher/k3s/config.yaml');
  }
  // A file of variables elsewhere, which a unit may name, is only reported.
  const all = [...configFiles.filter(isHidden), ...hidden];
  const unknown = all.find(({ path }) => isReadable(path));
  if (unknown !== undefined) {
    const { path, why } = unknown;
    const message = `${printable(path)} cannot be read (${why}): what K3s would get is not known`;
    const hint = 'make it a plain file or folder that root can read';
    return refuse('k3s-config-unreadable', message, hint);
  }
  const faults = [
    ...readGiven({ configFiles, service }).parsed.flatMap(({ issues }) => issues),
    ...service.issues,
  ];
  const fault = faults.find(({ severity }) => severity === 'error');
  return fault === undefined ? [] : [broken(place, fault)];
}

function broken(place: Place, { file = '', line, message: why }: PlatformIssue): Issue {
  const where = printable(line === undefined ? file : `${file}, line ${String(line)}`);
  const message = `K3s does not start with its files as they are: ${where}: ${why}`;
  const hint = 'mend that file first; calico-agent platform shows all of it';
  return issueAt(place, 'error', 'k3s-config-broken', message, hint);
}

/** Values of others that keep K3s from starting. It may know flags that the agent does not know. */
function checkOthers({ place }: K3sSettings, given: GivenFlags): readonly Issue[] {
  const fault = checkFlags(given, 'server').find(
    ({ severity, code }) => severity === 'error' && code !== 'k3s-unknown-flag',
  );
  return fault === undefined ? [] : [broken(place, fault)];
}

function checkRelease(flags: readonly DesiredFlag[], { version }: K3sInput): readonly Issue[] {
  return flags.flatMap((flag) => {
    if (flag.name !== 'flannel-backend' || flag.form !== 'value') return [];
    const fault = backendFault(flag.value, minorOf(version));
    if (fault === undefined) return [];
    const message = `K3s does not start with the flannel backend "${flag.value}": ${fault}`;
    return [issueAt(flag.place, 'error', 'k3s-flannel-backend', message)];
  });
}
