/** A document that people give by mistake in place of a network configuration. */
export interface MixUp {
  /** Completes "this is …". */
  readonly what: string;
  /** An addition for a place where a network configuration is expected, if it helps. */
  readonly comment?: string;
  /** The document to give instead, or the command that takes this one. */
  readonly hint: string;
}

export const notConfig = 'not a network configuration';

export const accepted =
  'accepted are a document with apiVersion: calico-agent/v1 and kind: NetworkConfig, or the calico ' +
  "charm's options: a mapping, the output of config-get or juju config, or a bundle";

export const exportHint =
  'calico-agent export > network.yaml makes a configuration from a running cluster';
export const jujuConfigHint = 'take the output of juju config calico --format yaml';
export const nodesHint =
  'it lists the nodes: give it beside a configuration, calico-agent check CONFIG --nodes FILE';
