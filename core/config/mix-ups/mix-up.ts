/** Something else than a network configuration that people give by mistake. */
export interface MixUp {
  /** Completes "this is …". */
  readonly what: string;
  /** What it is not, where a network configuration is expected and that helps. */
  readonly comment?: string;
  /** What to give instead, or which command takes this. */
  readonly hint: string;
}

export const notConfig = 'not a network configuration';

export const accepted =
  'accepted are a document with apiVersion: calico-agent/v1 and kind: NetworkConfig, or the calico ' +
  "charm's options: a mapping, the output of config-get or juju config, or a bundle";

export const exportHint =
  'calico-agent export > network.yaml makes a configuration of a living cluster';
export const jujuConfigHint = 'take the output of juju config calico --format yaml';
export const nodesHint =
  'it says which nodes there are: give it beside a configuration, calico-agent check CONFIG --nodes FILE';
