/** A field's value on one line of a table. */
export function valueText(value: unknown): string {
  if (value === undefined || value === null) return 'none';
  if (typeof value === 'string') return value;
  if (!Array.isArray(value)) return JSON.stringify(value);
  return value.length === 0 ? 'none' : value.map(itemText).join(', ');
}

/** Calico wraps each CIDR of a list: `{cidr: 10.0.0.0/8}`. */
function itemText(item: unknown): string {
  const isWrapped = typeof item === 'object' && item !== null && 'cidr' in item;
  return isWrapped ? valueText(item.cidr) : valueText(item);
}
