/** Values as a person writes them in YAML, on one line or wrapped. */

type Scalar = string | number | boolean;

const maxWidth = 100;
const indent = '  ';

/** Words that YAML 1.1 and 1.2 read as texts at any place. */
const plain = /^[A-Za-z_][\w./-]*$/;
const address = /^\d{1,3}(\.\d{1,3}){3}(\/\d{1,2})?$/;
const word = /^(y|n|yes|no|on|off|true|false|null)$/i;

export function yamlScalar(value: Scalar): string {
  if (typeof value !== 'string') return String(value);
  if (address.test(value) || (plain.test(value) && !word.test(value))) return value;
  const isOneLine = /^[\x20-\x7e]*$/.test(value);
  return isOneLine ? `'${value.replaceAll("'", "''")}'` : JSON.stringify(value);
}

/** `{ address: 10.0.0.1, asNumber: 64512 }` */
export function yamlMap(fields: readonly (readonly [string, Scalar | undefined])[]): string {
  const entries = fields.flatMap(([name, value]) =>
    value === undefined ? [] : [`${name}: ${yamlScalar(value)}`],
  );
  return `{ ${entries.join(', ')} }`;
}

/** `key: [a, b]`, or wrapped where it is long. */
export function yamlList(key: string, values: readonly Scalar[], level: number): string[] {
  const start = indent.repeat(level);
  const words = values.map(yamlScalar);
  const short = `${start}${key}: [${words.join(', ')}]`;
  if (short.length <= maxWidth) return [short];
  return [
    `${start}${key}:`,
    `${start}${indent}[`,
    ...wrapped(words, level + 2),
    `${start}${indent}]`,
  ];
}

function wrapped(words: readonly string[], level: number): string[] {
  const start = indent.repeat(level);
  const lines: string[] = [];
  let line = start;
  for (const text of words) {
    if (line.length + text.length + 2 > maxWidth && line !== start) {
      lines.push(line.trimEnd());
      line = start;
    }
    line += `${text}, `;
  }
  return [...lines, line.trimEnd()];
}
