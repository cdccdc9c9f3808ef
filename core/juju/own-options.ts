/** The options of our charm that the calico charm does not have. */
import { charmOptions } from '../config/charm/options.ts';
import { issueAt } from '../findings.ts';
import { pointerToken, type Issue } from '../issue.ts';

/** As config-get prints them. */
export type PrintedOptions = Readonly<Record<string, string | number | boolean | null | undefined>>;

export interface OwnOptions {
  readonly datastore: Datastore;
  /** A whole NetworkConfig, instead of the calico charm's options; empty: none. */
  readonly networkConfig: string;
  /** Whose units the numbers in options mean. */
  readonly unitApplication: string;
  readonly driftPolicy: DriftPolicy;
  /** The calico charm's manage-pools is off, says the operator: nothing here can see it. */
  readonly poolsHandedOver: boolean;
  /** No calico charm looks after this cluster, says the operator: a machine shows only its own units. */
  readonly withoutCalicoCharm: boolean;
}

/** Charmed Kubernetes has etcd; the first is the default. */
const datastores = ['etcd', 'kubernetes', 'auto', 'files'] as const;
type Datastore = (typeof datastores)[number];
const driftPolicies = ['correct', 'report'] as const;
type DriftPolicy = (typeof driftPolicies)[number];
/** As agent.yaml takes it. */
const applicationName = /^(?=.{1,128}$)[a-z](-?[a-z0-9])*$/;

export interface ReadOptions {
  readonly options: OwnOptions;
  /** Of our own options; the configuration is judged by itself. */
  readonly issues: readonly Issue[];
}

/** What is absent has the default of charm/config.yaml. */
export function readOwnOptions(printed: PrintedOptions): ReadOptions {
  const issues: Issue[] = [];
  const refuse = (name: string, expected: string): void => {
    const message = `"${name}" has to be ${expected}`;
    const place = { pointer: `/${pointerToken(name)}` };
    issues.push(issueAt(place, 'error', 'bad-charm-option', message));
  };
  const choose = <T extends string>(name: string, choices: readonly [T, ...T[]]): T => {
    const value = printed[name] ?? choices[0];
    const chosen = choices.find((choice) => choice === value);
    if (chosen === undefined) refuse(name, choices.join(' or '));
    return chosen ?? choices[0];
  };
  const text = (name: string, fallback: string, pattern: RegExp, expected: string): string => {
    const value = printed[name] ?? fallback;
    if (typeof value === 'string' && pattern.test(value)) return value;
    refuse(name, expected);
    return fallback;
  };
  const options: OwnOptions = {
    datastore: choose('datastore', datastores),
    networkConfig: text('network-config', '', /^/, 'a NetworkConfig as YAML'),
    unitApplication: text(
      'unit-application',
      'calico',
      applicationName,
      'the name of an application',
    ),
    driftPolicy: choose('drift-policy', driftPolicies),
    poolsHandedOver: printed['pools-handed-over'] === true,
    withoutCalicoCharm: printed['without-calico-charm'] === true,
  };
  return { options, issues };
}

/** What is offered to the agent: the NetworkConfig where there is one, else the charm's options. */
export function offeredConfig(
  printed: PrintedOptions,
  { networkConfig }: OwnOptions,
): { readonly mediaType: 'application/yaml' | 'application/json'; readonly text: string } {
  if (networkConfig.trim() !== '') return { mediaType: 'application/yaml', text: networkConfig };
  const known = Object.entries(printed).filter(([name]) => charmOptions.has(name));
  return { mediaType: 'application/json', text: JSON.stringify(Object.fromEntries(known)) };
}
