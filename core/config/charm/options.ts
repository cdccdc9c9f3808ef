/**
 * The properties of the charm's options in schemas/charm-options.schema.json, besides their types.
 */
import schema from '../../../schemas/charm-options.schema.json' with { type: 'json' };

export interface CharmOption {
  readonly name: string;
  /** The option is YAML in a string; this is the type of its empty value. */
  readonly holds?: 'mapping' | 'list';
  /** The program that uses the option; absent: this agent. */
  readonly managedBy?: string;
  readonly default?: string | number | boolean;
  /** Juju's type of the option. */
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
