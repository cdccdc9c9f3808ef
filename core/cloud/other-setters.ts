/**
 * Whether Felix, or k8s-ec2-srcdst of older kops clusters, sets the source/destination check.
 * Sources: felix/config/config_params.go (AWSSrcDstCheck: DoNothing, Enable, Disable; case does not
 * count), felix/aws/ec2.go (interface with device index 0); an environment variable wins over
 * FelixConfiguration `node.<name>`, and that over `default`.
 */
import type { OtherSetters } from './observed-cloud.ts';

/** Felix's settings that were read; undefined: the setting is not there. */
export interface FelixSettings {
  /** FELIX_AWSSRCDSTCHECK of the DaemonSet of calico-node, with the DaemonSet's name. */
  readonly ofDaemonSet?: { readonly value: string; readonly daemonSet: string };
  /** awsSrcDstCheck of FelixConfiguration `node.<name>`. */
  readonly ofNode?: string;
  /** awsSrcDstCheck of FelixConfiguration `default`. */
  readonly ofDefault?: string;
}

export const felixVariable = 'FELIX_AWSSRCDSTCHECK';

/** @param node the name of Calico's Node */
export function felixSetter(settings: FelixSettings, node: string): OtherSetters['felix'] {
  const { ofDaemonSet, ofNode, ofDefault } = settings;
  const places = [
    {
      value: ofDaemonSet?.value,
      by: `${felixVariable} in the DaemonSet ${ofDaemonSet?.daemonSet ?? ''}`,
    },
    { value: ofNode, by: `awsSrcDstCheck in FelixConfiguration node.${node}` },
    { value: ofDefault, by: 'awsSrcDstCheck in FelixConfiguration default' },
  ];
  const found = places.find(({ value }) => value !== undefined);
  const check = checks[found?.value?.toLowerCase() ?? ''];
  return found === undefined || check === undefined ? undefined : { check, by: found.by };
}

const checks: Readonly<Record<string, 'enabled' | 'disabled'>> = {
  enable: 'enabled',
  disable: 'disabled',
};
