import { stringify } from 'yaml';

/**
 * A document as YAML that every reader takes for the same. Juju, kubectl, calicoctl and PyYAML read
 * YAML 1.1, where `yes`, `012`, `1_000` and `1:20` are no texts: keys and values like these are quoted.
 */
export function yamlText(value: unknown): string {
  return stringify(value, { lineWidth: 0, compat: 'yaml-1.1', aliasDuplicateObjects: false });
}
