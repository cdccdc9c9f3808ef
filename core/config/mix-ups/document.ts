/** Recognises documents of other tools without apiVersion and kind, by their typical keys. */
import type { Located, LocatedEntry, LocatedMap } from '../yaml/located.ts';
import { entriesOf, fieldsOf, itemsOf } from '../yaml/read-values.ts';
import {
  accepted,
  exportHint,
  jujuConfigHint,
  nodesHint,
  notConfig,
  type MixUp,
} from './mix-up.ts';

interface KnownDocument extends MixUp {
  readonly matches: (root: LocatedMap, keys: ReadonlyMap<string, Located>) => boolean;
}

const known: readonly KnownDocument[] = [
  {
    matches: (_root, keys) => isEachOf(keys.get('options'), isOptionDescription),
    what: "a charm's config.yaml: it says which options there are, and has no values",
    hint: jujuConfigHint,
  },
  {
    matches: (_root, keys) => keys.has('machines') && keys.has('applications') && !hasOptions(keys),
    what: 'the output of juju status, which tells no options',
    hint: `${jujuConfigHint}; ${nodesHint}`,
  },
  {
    matches: (root) =>
      isEachOf(root, ({ value }) => {
        const fields = fieldsOf(value);
        return fields.has('charm') && fields.has('exposed') && !fields.has('options');
      }),
    what: 'the output of juju show-application, which tells no options',
    hint: jujuConfigHint,
  },
  {
    matches: (root) => isEachOf(root, ({ key }) => /^[a-z][a-z0-9-]*\/\d+$/.test(key)),
    what: 'the output of juju show-unit, which tells no options',
    hint: jujuConfigHint,
  },
  {
    matches: (root) => isEachOf(root, ({ value }) => hasKeys(value, 'value', 'source')),
    what: "a model's configuration (juju model-config), not the options of calico",
    hint: jujuConfigHint,
  },
  {
    matches: (_root, keys) =>
      keys.has('name') &&
      keys.has('summary') &&
      ['requires', 'provides', 'subordinate', 'bases', 'parts', 'series'].some((key) =>
        keys.has(key),
      ),
    what: "a charm's metadata (metadata.yaml or charmcraft.yaml)",
    hint: jujuConfigHint,
  },
  {
    matches: (_root, keys) =>
      fieldsOf(keys.get('installation')).size > 0 || keys.has('tigeraOperator'),
    what: "the values of Calico's Helm chart, by which the Tigera operator installs it",
    hint: `they stay with Helm: ${exportHint}`,
  },
  {
    matches: (_root, keys) =>
      isEachOf(keys.get('services'), ({ value }) => {
        const fields = fieldsOf(value);
        return (fields.has('image') || fields.has('build')) && !fields.has('charm');
      }),
    what: 'a file of docker compose',
    hint: accepted,
  },
  {
    matches: (_root, keys) => fieldsOf(keys.get('network')).has('version'),
    what: "netplan's configuration of a machine's interfaces",
    hint: accepted,
  },
  {
    matches: (_root, keys) => keys.has('config') && keys.has('devices'),
    what: 'a profile of LXD',
    hint: 'write what it has beyond the default into the lxd section of a NetworkConfig',
  },
  {
    matches: (_root, keys) => keys.has('agentVersion') && keys.has('state'),
    what: 'the output of calico-agent status',
    hint: accepted,
  },
  {
    matches: (_root, keys) => keys.size <= 2 && keys.has('issues'),
    what: 'the output of calico-agent check or plan',
    hint: 'give the configuration that was checked',
  },
  {
    matches: (_root, keys) => ['addresses', 'unit', 'units'].some((key) => keys.has(key)),
    what: 'the facts of a node',
    comment: notConfig,
    hint: `write it as an entry of a list, "- name: …"; ${nodesHint}`,
  },
];

export function recogniseDocument(root: Located): MixUp | undefined {
  if (root.kind === 'list') return recogniseList(root.items);
  if (root.kind !== 'map' || root.entries.length === 0) return undefined;
  const keys = fieldsOf(root);
  return known.find(({ matches }) => matches(root, keys));
}

function recogniseList(items: readonly Located[]): MixUp | undefined {
  if (items.length === 0) return undefined;
  const fields = items.map((item) => fieldsOf(item));
  if (fields.every((keys) => keys.has('address') && keys.size <= 3)) {
    return {
      what: 'a list of peers alone',
      hint: 'write the option that it is the value of before it: global-bgp-peers:',
    };
  }
  if (fields.every((keys) => keys.has('name') || keys.has('addresses'))) {
    return { what: 'a list of nodes', comment: notConfig, hint: nodesHint };
  }
  return undefined;
}

function isEachOf(node: Located | undefined, test: (entry: LocatedEntry) => boolean): boolean {
  const entries = entriesOf(node);
  return entries.length > 0 && entries.every(test);
}

/** A value of an option is never a mapping with a type. */
function isOptionDescription({ value }: LocatedEntry): boolean {
  return hasKeys(value, 'type') && value.kind === 'map';
}

function hasKeys(node: Located, ...names: readonly string[]): boolean {
  const fields = fieldsOf(node);
  return names.every((name) => fields.has(name));
}

/** A bundle has machines too. */
function hasOptions(keys: ReadonlyMap<string, Located>): boolean {
  const isBundle = entriesOf(keys.get('applications')).some(({ value }) => {
    const fields = fieldsOf(value);
    return fields.has('options') || fields.has('num_units') || itemsOf(fields.get('to')).length > 0;
  });
  return isBundle || keys.has('relations');
}
