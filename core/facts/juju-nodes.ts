/** Nodes as `juju status --format json` shows machines, containers and units. */
import type { Issue } from '../issue.ts';
import { nameSome } from '../name-some.ts';
import type { NodeFacts } from './facts.ts';
import { machinesOf, unitsOf, type JujuMachine, type JujuUnit } from './juju-machines.ts';
import { firstOfEachFamily } from './node-address.ts';
import { entriesAt, textAt, textsAt } from './plain-data.ts';
import { untold, type NodesReading } from './reading.ts';

/**
 * Bridges and tunnels that Calico, LXD, Docker or a CNI plugin made: never a node's address. Juju
 * itself makes br-eth0 on hosts of containers, which then has the host's own.
 */
const madeInterface =
  /^(?:cali|tunl|vxlan|lxdbr|lxcbr|virbr|docker|br-[0-9a-f]{12}$|fan-|cni|flannel|kube-|lo$)/;

/** @param unitApplication machines without a unit of it are no nodes, where there is one at all */
export function readJujuNodes(status: unknown, unitApplication: string): NodesReading {
  const units = groupByMachine(unitsOf(status));
  const machines = machinesOf(status);
  const carries = ({ id }: JujuMachine): boolean =>
    units.get(id)?.some(({ application }) => application === unitApplication) === true;
  const carriers = machines.filter(carries);
  const counted = carriers.length > 0 ? carriers : machines;
  const [named, nameless] = partition(counted, ({ document }) => hostnameOf(document) !== '');
  const nodes = named.map((machine) => ({
    facts: factsOf(machine, units.get(machine.id) ?? [], unitApplication),
    place: { pointer: machine.pointer },
  }));
  const issues = [
    ...(nodes.length === 0 ? [] : [whatJujuDoesNotTell]),
    ...(carriers.length === 0 && machines.length > 0 ? [noUnit(unitApplication)] : []),
    ...(nameless.length === 0 ? [] : [notThereYet(nameless)]),
    ...severalAddresses(named),
  ];
  return { nodes, issues };
}

function factsOf(
  { document }: JujuMachine,
  units: readonly JujuUnit[],
  unitApplication: string,
): NodeFacts {
  const own = units.find(({ application }) => application === unitApplication);
  return {
    // The kubelet registers itself under the host's name in lower case.
    name: hostnameOf(document).toLowerCase(),
    units: units.map(({ name }) => name),
    addresses: firstOfEachFamily(addressesOf(document)),
    labels: {},
    ...(own === undefined ? {} : { leader: own.leader }),
  };
}

function hostnameOf(document: unknown): string {
  return textAt(document, 'hostname') ?? '';
}

/** Of the interface that has the machine's preferred address first, then of the others. */
function addressesOf(document: unknown): string[] {
  const preferred = textAt(document, 'dns-name') ?? '';
  const interfaces = entriesAt(document, 'network-interfaces')
    .filter(([name]) => !madeInterface.test(name))
    .map(([, entry]) => textsAt(entry, 'ip-addresses'));
  if (interfaces.length === 0) return [preferred, ...textsAt(document, 'ip-addresses')];
  const [main, others] = partition(interfaces, (addresses) => addresses.includes(preferred));
  const rest = [...main, ...others].flat();
  return rest.includes(preferred) ? [preferred, ...rest] : rest;
}

function groupByMachine(units: readonly JujuUnit[]): ReadonlyMap<string, readonly JujuUnit[]> {
  const groups = new Map<string, JujuUnit[]>();
  for (const unit of units) {
    const group = groups.get(unit.machine);
    if (group === undefined) groups.set(unit.machine, [unit]);
    else group.push(unit);
  }
  return groups;
}

function partition<T>(all: readonly T[], belongs: (one: T) => boolean): readonly [T[], T[]] {
  return [all.filter(belongs), all.filter((one) => !belongs(one))];
}

const whatJujuDoesNotTell = untold(
  'juju status does not tell prefix lengths and labels: rules by selector match no node, CrossSubnet is not checked',
);

function noUnit(application: string): Issue {
  return {
    severity: 'warning',
    code: 'no-unit-of-application',
    pointer: '/applications',
    message: `no machine carries a unit of ${application}: every machine counts as a node`,
    hint: 'name the application that calico is deployed as, with --unit-application',
  };
}

function notThereYet(machines: readonly JujuMachine[]): Issue {
  const ids = nameSome(machines.map(({ id }) => id));
  return {
    severity: 'warning',
    code: 'machine-without-hostname',
    pointer: '/machines',
    message: `machines without a hostname yet are left out: ${ids}`,
    hint: 'run juju status again when they have started',
  };
}

/** juju status does not say which address is that of the cni binding. */
function severalAddresses(machines: readonly JujuMachine[]): readonly Issue[] {
  const unclear = machines.flatMap(({ document }) => {
    const all = [...new Set(addressesOf(document))];
    const first = firstOfEachFamily(all);
    const [other] = firstOfEachFamily(
      all.filter((text) => !first.some(({ address }) => address === text)),
    );
    const taken = first.map(({ address }) => address).join(' and ');
    return other === undefined ? [] : [`${hostnameOf(document).toLowerCase()} (${taken})`];
  });
  if (unclear.length === 0) return [];
  return [
    untold(
      `juju status does not tell which of several addresses is the BGP address; in brackets is the one that was taken: ${nameSome(unclear)}`,
    ),
  ];
}
