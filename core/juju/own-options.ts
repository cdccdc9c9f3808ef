/** The options of our charm that the calico charm does not have. */
import { charmOptions } from '../config/charm/options.ts';
import { issueAt } from '../findings.ts';
import { pointerToken, type Issue } from '../issue.ts';

/** The options as config-get prints them. */
export type PrintedOptions = Readonly<Record<string, string | number | boolean | null | undefined>>;

export interface OwnOptions {
  readonly datastore: Datastore;
  /** A whole NetworkConfig, instead of the calico charm's options; empty: none. */
  readonly networkConfig: string;
  /** The application of the unit numbers in options. */
  readonly unitApplication: string;
  readonly driftPolicy: DriftPolicy;
  /**
   * The operator confirms that the calico charm's manage-pools is off, which cannot be read from
   * here.
   */
  readonly poolsHandedOver: boolean;
  /**
   * The operator confirms that no calico charm manages this cluster; a machine shows only its own
   * units.
   */
  readonly withoutCalicoCharm: boolean;
}

/** The first is the default, because Charmed Kubernetes has etcd. */
const datastores = ['etcd', 'kubernetes', 'auto', 'files'] as const;
type Datastore = (typeof datastores)[number];
const driftPolicies = ['correct', 'report'] as const;
type DriftPolicy = (typeof driftPolicies)[number];
/** The form that agent.yaml accepts. */
const applicationName = /^(?=.{1,128}$)[a-z](-?[a-z0-9])*$/;

export interface ReadOptions {
  readonly options: OwnOptions;
  /** Issues of our own options; the configuration is checked separately. */
  readonly issues: readonly Issue[];
}

/** Reads our own options; absent ones have the defaults of charm/config.yaml. */
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

/** The configuration for the agent: the NetworkConfig if there is one, else the charm's options. */
export function offeredConfig(
  printed: PrintedOptions,
  { networkConfig }: OwnOptions,
): { readonly mediaType: 'application/yaml' | 'application/json'; readonly text: string } {
  if (networkConfig.trim() !== '') return { mediaType: 'application/yaml', text: networkConfig };
  const known = Object.entries(printed).filter(([name]) => charmOptions.has(name));
  return { mediaType: 'application/json', text: JSON.stringify(Object.fromEntries(known)) };
}
