/**
 * What calico-node runs with: the template networking.projectcalico.org of each release branch, below
 * upup/models/cloudup/resources/addons. An environment variable of calico-node wins over a
 * FelixConfiguration (felix/config/config_params.go).
 */
import { fieldsOf, scalarOf, textOf } from '../../config/yaml/read-values.ts';
import { cloudOf, providerOf } from '../document/facts.ts';
import { calicoInForce } from '../in-force/calico-in-force.ts';
import { configOf, variableOf, type Setting } from './calico-node.ts';
import { providerSetting, unsetField, type Comparing } from './difference.ts';
import type { LivingCluster, LivingFelix, LivingWorkload } from './living-cluster.ts';
import { backendVariable, bpfVariable, checkVariable, wireGuardVariable } from './parse-objects.ts';

export function compareCalicoNode(
  comparing: Comparing,
  living: LivingCluster,
  calicoNode: LivingWorkload,
): void {
  compareBackend(comparing, living, calicoNode);
  compareMtu(comparing, living);
  compareSourceCheck(comparing, living, calicoNode);
  compareFlag(comparing, living, calicoNode, {
    field: 'wireguardEnabled',
    variable: wireGuardVariable,
    why: 'kops writes it into the DaemonSet; while it changes node by node, traffic between old and new nodes may stop for a moment',
  });
  compareFlag(comparing, living, calicoNode, {
    field: 'bpfEnabled',
    variable: bpfVariable,
    why: 'kops writes it into the DaemonSet, and does not order the change between nodes: connections break',
  });
}

interface Compared {
  /** A field of calico. */
  readonly field: string;
  readonly wanted: string;
  readonly code: string;
  readonly why: string;
}

/** @param usual Calico's own value where the cluster sets none */
function compare(comparing: Comparing, setting: Setting, usual: string, one: Compared): void {
  const place = providerSetting(comparing.cluster, one.field);
  if (setting.state === 'unknown') {
    comparing.notCompared.push({ what: place.setting, why: setting.why });
    return;
  }
  const isSet = setting.state === 'set' && setting.value !== '';
  const found = isSet ? setting.value : usual;
  if (found.toLowerCase() === one.wanted.toLowerCase()) return;
  comparing.differences.push({
    code: one.code,
    ...place,
    wanted: one.wanted,
    object: setting.state === 'set' ? setting.object : 'DaemonSet kube-system/calico-node',
    field: setting.state === 'set' ? setting.field : unsetField,
    found,
    wins: 'document',
    why: one.why,
  });
}

function compareBackend(
  comparing: Comparing,
  { config }: LivingCluster,
  calicoNode: LivingWorkload,
): void {
  const { backend } = calicoInForce(comparing.cluster);
  compare(comparing, variableOf(calicoNode, backendVariable, config), 'bird', {
    field: 'encapsulationMode',
    wanted: backend,
    code: 'kops-live-backend',
    why: 'kops writes the backend into ConfigMap calico-config, and calico-node takes it when it restarts',
  });
}

/** `veth_mtu`: 1440 (1430 on OpenStack) until 1.18, then 0, with which Calico detects it. */
function compareMtu(comparing: Comparing, { config }: LivingCluster): void {
  const { cluster } = comparing;
  const { kops, kubernetes } = cluster.target;
  const given = scalarOf(fieldsOf(providerOf(cluster)?.entry.value).get('mtu'))?.value;
  const isFixed = kops < 19 || kubernetes < 16;
  const usual = isFixed ? (cloudOf(cluster) === 'openstack' ? '1430' : '1440') : '0';
  const wanted = given === undefined || given === 0 ? usual : String(given);
  compare(comparing, configOf('veth_mtu', config), '0', {
    field: 'mtu',
    wanted,
    code: 'kops-live-mtu',
    why: 'kops writes it into ConfigMap calico-config; tunnels take it when calico-node restarts, running pods keep theirs until they are made anew',
  });
}

function compareSourceCheck(
  comparing: Comparing,
  { config, felix }: LivingCluster,
  calicoNode: LivingWorkload,
): void {
  const { cluster } = comparing;
  const given = textOf(fieldsOf(providerOf(cluster)?.entry.value).get('awsSrcDstCheck'))?.value;
  const isAws = cloudOf(cluster) === 'aws';
  const byFelix = calicoInForce(cluster).sourceCheck === 'felix' ? 'Disable' : 'DoNothing';
  const setting = variableOf(calicoNode, checkVariable, config);
  compareWithFelix(comparing, setting, felix, {
    field: 'awsSrcDstCheck',
    wanted: isAws ? (given ?? byFelix) : 'DoNothing',
    usual: 'DoNothing',
    valueOf: (one) => one.awsSrcDstCheck,
    code: 'kops-live-source-check',
    why: 'kops writes it into the DaemonSet (since 1.19), and that wins over every FelixConfiguration',
  });
}

function compareFlag(
  comparing: Comparing,
  { config, felix }: LivingCluster,
  calicoNode: LivingWorkload,
  flag: {
    readonly field: 'wireguardEnabled' | 'bpfEnabled';
    readonly variable: string;
    readonly why: string;
  },
): void {
  const fields = fieldsOf(providerOf(comparing.cluster)?.entry.value);
  compareWithFelix(comparing, variableOf(calicoNode, flag.variable, config), felix, {
    field: flag.field,
    wanted: String(scalarOf(fields.get(flag.field))?.value === true),
    usual: 'false',
    valueOf: (one) => (one[flag.field] === undefined ? undefined : String(one[flag.field])),
    code: 'kops-live-felix',
    why: flag.why,
  });
}

interface OfFelix extends Compared {
  readonly usual: string;
  valueOf(felix: LivingFelix): string | undefined;
}

/** Where the DaemonSet does not say it, FelixConfigurations do: that of a node, then `default`. */
function compareWithFelix(
  comparing: Comparing,
  setting: Setting,
  felix: LivingCluster['felix'],
  one: OfFelix,
): void {
  if (setting.state !== 'absent') {
    compare(comparing, setting, one.usual, one);
    return;
  }
  if (!felix.isRead) {
    compare(comparing, { state: 'unknown', why: felix.why }, one.usual, one);
    return;
  }
  const said = felix.value.flatMap((configuration): readonly Setting[] => {
    const value = one.valueOf(configuration);
    if (value === undefined) return [];
    const object = `FelixConfiguration ${configuration.name}`;
    return [{ state: 'set', value, object, field: `spec.${one.field}` }];
  });
  const ofAll = felix.value.find(({ name }) => name === 'default');
  if (ofAll === undefined || one.valueOf(ofAll) === undefined) {
    compare(comparing, { state: 'absent' }, one.usual, one);
  }
  for (const other of said) compare(comparing, other, one.usual, one);
}
