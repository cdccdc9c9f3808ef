/** Reads facts in the form in which a person, a hook or agent.yaml gives them. */
import { issueAt } from '../findings.ts';
import { pointerToken, type Issue, type Place } from '../issue.ts';
import type { NodeFactsInput } from '../../schemas/generated/node-facts.ts';
import type { NodeAddress, NodeFacts } from './facts.ts';
import { nodeAddressText, parseNodeAddress } from './node-address.ts';
import { textMapAt } from '../input/plain-data.ts';

/** The place of the value at this path within the facts. */
export type PlaceAt = (...path: readonly (string | number)[]) => Place;

const withoutText: PlaceAt = (...path) => ({
  pointer: path.map((token) => `/${pointerToken(token)}`).join(''),
});

/**
 * @param input valid by its schema
 * @param fallbackName the node's name where the input has none
 * @returns the facts as far as they could be read; with an error among the issues they must not be
 * used
 */
export function factsFromInput(
  input: NodeFactsInput,
  fallbackName: string,
  placeAt: PlaceAt = withoutText,
): { readonly facts: NodeFacts; readonly issues: readonly Issue[] } {
  const { addresses, issues } = readAddresses(input.addresses ?? [], placeAt);
  const { name = fallbackName } = input;
  const units = [...(input.unit === undefined ? [] : [input.unit]), ...(input.units ?? [])];
  const facts: NodeFacts = {
    name: name.toLowerCase(),
    units: [...new Set(units)],
    addresses,
    labels: textMapAt(input, 'labels'),
    ...(input.leader === undefined ? {} : { leader: input.leader }),
    ...(input.platform === undefined ? {} : { platform: input.platform }),
  };
  const capitals = name === facts.name ? undefined : capitalsIn(name, placeAt('name'));
  return { facts, issues: capitals === undefined ? issues : [capitals, ...issues] };
}

/** Source: libcalico-go/lib/names/names.go: calico-node takes the host's name in lower case. */
function capitalsIn(name: string, place: Place): Issue {
  const lower = name.toLowerCase();
  const message = `Calico and Kubernetes know nodes in lower case only: this one is taken as "${lower}"`;
  return issueAt(place, 'warning', 'node-name-capitals', message, `write ${lower}`);
}

/** The facts in the form in which they are written, stored and sent. */
export function factsToInput(facts: NodeFacts): NodeFactsInput {
  return {
    name: facts.name,
    units: [...facts.units],
    addresses: facts.addresses.map(nodeAddressText),
    labels: { ...facts.labels },
    ...(facts.leader === undefined ? {} : { leader: facts.leader }),
    ...(facts.platform === undefined ? {} : { platform: facts.platform }),
  };
}

/**
 * Whether `factsToInput` gives this input for the facts, apart from the name and the order of the labels. An agent
 * that connects again says what it said before, and comparing takes a tenth of the time of reading and checking.
 */
export function isInputOf(facts: NodeFacts, input: NodeFactsInput): boolean {
  const { unit, units = [], addresses = [], labels = {}, leader, platform } = input;
  return (
    unit === undefined &&
    leader === facts.leader &&
    platform === facts.platform &&
    units.length === facts.units.length &&
    units.every((one, at) => one === facts.units[at]) &&
    addresses.length === facts.addresses.length &&
    facts.addresses.every((one, at) => nodeAddressText(one) === addresses[at]) &&
    areSameLabels(facts.labels, labels)
  );
}

function areSameLabels(
  labels: NodeFacts['labels'],
  input: NonNullable<NodeFactsInput['labels']>,
): boolean {
  const names = Object.keys(labels);
  // A label's value is a text, and nothing that an object inherits is one.
  return (
    names.length === Object.keys(input).length &&
    names.every((name) => labels[name] === input[name])
  );
}

function readAddresses(
  texts: readonly string[],
  placeAt: PlaceAt,
): { readonly addresses: readonly NodeAddress[]; readonly issues: readonly Issue[] } {
  const addresses: NodeAddress[] = [];
  const issues: Issue[] = [];
  for (const [index, text] of texts.entries()) {
    const parsed = parseNodeAddress(text);
    const same = parsed.ok && addresses.find(({ family }) => family === parsed.value.family);
    // The place only for an issue: thousands of nodes without any are read at a start.
    if (!parsed.ok) {
      const place = placeAt('addresses', index);
      issues.push(issueAt(place, 'error', 'bad-address', parsed.message, parsed.hint));
    } else if (same) {
      issues.push(twoOfOneFamily(same, parsed.value, placeAt('addresses', index)));
    } else {
      addresses.push(parsed.value);
    }
  }
  return { addresses: addresses.toSorted((one, other) => one.family - other.family), issues };
}

function twoOfOneFamily(first: NodeAddress, second: NodeAddress, place: Place): Issue {
  const message = `${nodeAddressText(second)} is a second IPv${second.family} address beside ${nodeAddressText(first)}`;
  const hint = 'keep the one that Calico uses for BGP: a node has at most one per family';
  return issueAt(place, 'error', 'two-addresses-of-one-family', message, hint);
}
