/** What schemas/charm-options.schema.json says of the charm's options beside their types. */
import schema from '../../../schemas/charm-options.schema.json' with { type: 'json' };

export interface CharmOption {
  readonly name: string;
  /** The option is YAML in a string; what it holds when it is empty. */
  readonly holds?: 'mapping' | 'list';
  /** Who acts on it, where that is not this agent. */
  readonly managedBy?: string;
  readonly default?: string | number | boolean;
  /** As Juju has it. */
  readonly type: 'string' | 'int' | 'boolean';
}

export const charmOptions: ReadonlyMap<string, CharmOption> = new Map(
  Object.entries(schema.properties).map(([name, property]) => [name, optionOf(name, property)]),
);

export const charmOptionNames: readonly string[] = [...charmOptions.keys()];

function optionOf(
  name: string,
  property: {
    readonly 'x-charm-type': string;
    readonly 'x-yaml'?: boolean;
    readonly 'x-managed-by'?: string;
    readonly default?: string | number | boolean;
  },
): CharmOption {
  const { 'x-yaml': yaml, 'x-managed-by': managedBy, default: value } = property;
  return {
    name,
    type: typeOf(property['x-charm-type']),
    ...(yaml === true ? { holds: value === '[]' ? 'list' : 'mapping' } : {}),
    ...(managedBy === undefined ? {} : { managedBy }),
    ...(value === undefined ? {} : { default: value }),
  };
}

function typeOf(text: string): CharmOption['type'] {
  return text === 'int' || text === 'boolean' ? text : 'string';
}
