/** Reads nodes from `juju status --format json`: machines, containers and units. */
import type { Issue } from '../issue.ts';
import { nameSome } from '../name-some.ts';
import type { NodeFacts } from './facts.ts';
import { machinesOf, unitsOf, type JujuMachine, type JujuUnit } from './juju-machines.ts';
import { isMadeByOthers } from './addresses/host-address.ts';
import { firstOfEachFamily } from './node-address.ts';
import { entriesAt, textAt, textsAt, valueAt } from '../input/plain-data.ts';
import { sourceLacks, type FoundNodes } from './found-nodes.ts';

/** @param unitApplication machines without a unit of it are no nodes, unless no machine has one */
export function readJujuNodes(status: unknown, unitApplication: string): FoundNodes {
  const space = spaceOf(status, unitApplication);
  const units = groupByMachine(unitsOf(status));
  const machines = machinesOf(status);
  const carries = ({ id }: JujuMachine): boolean =>
    units.get(id)?.some(({ application }) => application === unitApplication) === true;
  const carriers = machines.filter(carries);
  const counted = carriers.length > 0 ? carriers : machines;
  const [named, nameless] = partition(counted, ({ document }) => hostnameOf(document) !== '');
  const nodes = named.map((machine) => ({
    facts: factsOf(machine, units.get(machine.id) ?? [], unitApplication, space),
    place: { pointer: machine.pointer },
  }));
  const issues = [
    ...(nodes.length === 0 ? [] : [whatJujuDoesNotTell]),
    ...(carriers.length === 0 && machines.length > 0 ? [noUnit(unitApplication)] : []),
    ...(nameless.length === 0 ? [] : [notThereYet(nameless)]),
    ...severalAddresses(named, space),
  ];
  return { nodes, issues };
}

function factsOf(
  { document }: JujuMachine,
  units: readonly JujuUnit[],
  unitApplication: string,
  space: string | undefined,
): NodeFacts {
  const own = units.find(({ application }) => application === unitApplication);
  return {
    // The kubelet registers the host's name in lower case.
    name: hostnameOf(document).toLowerCase(),
    units: units.map(({ name }) => name),
    addresses: firstOfEachFamily(addressesOf(document, space)),
    labels: {},
    ...(own === undefined ? {} : { leader: own.leader }),
  };
}

function hostnameOf(document: unknown): string {
  return textAt(document, 'hostname') ?? '';
}

/**
 * The addresses in the space to which the application's endpoint `cni` is bound, if juju shows
 * both. Those of the interface with the machine's preferred address come first, then those of the
 * others. Source: juju's cmd/juju/status/formatted.go: network-interfaces with space and is-up.
 */
function addressesOf(document: unknown, space: string | undefined): string[] {
  const preferred = textAt(document, 'dns-name') ?? '';
  const interfaces = entriesAt(document, 'network-interfaces').filter(
    ([name, entry]) => !isMadeByOthers(name) && name !== 'lo' && valueAt(entry, 'is-up') !== false,
  );
  const within = interfaces.filter(
    ([, entry]) => space !== undefined && textAt(entry, 'space') === space,
  );
  const counted = (within.length > 0 ? within : interfaces).map(([, entry]) =>
    textsAt(entry, 'ip-addresses'),
  );
  if (counted.length === 0) return [preferred, ...textsAt(document, 'ip-addresses')];
  const [main, others] = partition(counted, (addresses) => addresses.includes(preferred));
  const rest = [...main, ...others].flat();
  return rest.includes(preferred) ? [preferred, ...rest] : rest;
}

/** `""` is the space of all endpoints that are not bound elsewhere. */
function spaceOf(status: unknown, application: string): string | undefined {
  const bindings = valueAt(status, 'applications', application, 'endpoint-bindings');
  return textAt(bindings, 'cni') ?? textAt(bindings, '');
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

const whatJujuDoesNotTell = sourceLacks(
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

/**
 * Nodes with several addresses in one space, or without spaces: nothing shows which one is the
 * node's.
 */
function severalAddresses(
  machines: readonly JujuMachine[],
  space: string | undefined,
): readonly Issue[] {
  const unclear = machines.flatMap(({ document }) => {
    const all = [...new Set(addressesOf(document, space))];
    const first = firstOfEachFamily(all);
    const [other] = firstOfEachFamily(
      all.filter((text) => !first.some(({ address }) => address === text)),
    );
    const taken = first.map(({ address }) => address).join(' and ');
    return other === undefined ? [] : [`${hostnameOf(document).toLowerCase()} (${taken})`];
  });
  if (unclear.length === 0) return [];
  return [
    sourceLacks(
      `juju status does not tell which of several addresses is the BGP address; in brackets is the one that was taken: ${nameSome(unclear)}`,
    ),
  ];
}
