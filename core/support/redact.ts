/**
 * Removes secrets from texts and data that leave the machine: by the names of fields, by forms that
 * only secrets have, and by known values. It removes too much rather than too little.
 */

const removed = '<removed>';

/**
 * Endings of the names of secret fields; `tokenFile` and `secretKeyRef` only name the place of one.
 */
const secretWords =
  'password|passwd|passphrase|secret|token|psk|md5|(?:api|private|secret|access|join)[-_]?key|(?:client-)?key-data|key-data|authorization|cookie|credentials?';
const secretName = new RegExp(`(?:${secretWords})$`, 'i');

/**
 * Each form with its replacement. A form that matches a run of characters is tried at the start of
 * the run only: tried at each character, a long line of another program would take hours.
 */
const forms: readonly (readonly [RegExp, string])[] = [
  [
    /-----BEGIN [A-Z0-9 ]*PRIVATE KEY-----[\s\S]*?(?:-----END [A-Z0-9 ]*PRIVATE KEY-----|$)/g,
    removed,
  ],
  [/\b([a-z][a-z0-9+.-]{1,20}:\/\/)[^\s/@"'<>]+@/gi, `$1${removed}@`],
  [/\b(bearer|basic)\s+[\w.~+/=-]{6,}/gi, `$1 ${removed}`],
  // A JSON Web Token, with what stands before it in the same word.
  [/(?<![\w-])(?=[\w-]*eyJ)[\w-]{8,}\.[\w-]+\.[\w-]*/g, removed],
  // The key itself as an option, `--x-key=VALUE`; a path of a file with the key may be shown.
  [/(?<![\w-])(--[\w-]*-key)(=|\s+)["']?(?![-/$~."'\s])[^\s"']+["']?/gi, `$1$2${removed}`],
  // BIRD's configuration: password "secret";
  [/\b(password|secret)\s+(["'])(?:(?!\2).)*\2/gi, `$1 ${removed}`],
  [
    new RegExp(`(?<![\\w-])(?=[\\w-]*--)([\\w-]*(?:${secretWords}))[= ]\\s*[^\\s"']+`, 'gi'),
    `$1 ${removed}`,
  ],
  // A field in JSON or quoted YAML, and in text that JSON quotes once more.
  [
    new RegExp(
      `((\\\\?["'])[\\w./-]*(?:${secretWords})\\2\\s*:\\s*)(\\\\?["'])(?:(?!\\3)[\\s\\S])*?\\3`,
      'gi',
    ),
    `$1"${removed}"`,
  ],
  // NAME=value of an environment, a query or a log.
  [
    new RegExp(`(?<![\\w.-])([\\w.-]*(?:${secretWords}))=("[^"]*"|'[^']*'|[^\\s&;,"']+)`, 'gi'),
    `$1=${removed}`,
  ],
];

const yamlField = new RegExp(
  `^(\\s*(?:#\\s*)?(?:- )?["']?[\\w./-]*(?:${secretWords})["']?\\s*:)(?:\\s+(.*))?$`,
  'i',
);

/**
 * @param known the values of known secrets; short ones are left out, because every text has them
 */
export function redactText(text: string, known: readonly string[] = []): string {
  const byForm = forms.reduce((left, [form, instead]) => left.replaceAll(form, instead), text);
  const byLine = redactYamlLines(byForm);
  return known
    .filter((secret) => secret.length >= 6)
    .reduce((left, secret) => left.replaceAll(secret, removed), byLine);
}

/** Removes secret fields of YAML, with everything below them. */
function redactYamlLines(text: string): string {
  return yamlLines(text.split('\n'))
    .filter((line) => line !== undefined)
    .join('\n');
}

/** Undefined for a line below a secret field. */
function yamlLines(lines: readonly string[]): readonly (string | undefined)[] {
  let hidden: number | undefined;
  return lines.map((line) => {
    const depth = depthOf(line);
    if (hidden !== undefined && (line.trim() === '' || depth > hidden)) return undefined;
    hidden = undefined;
    const [, field, value = ''] = yamlField.exec(line) ?? [];
    if (field === undefined) return line;
    const isBelow = value === '' || /^[|>][-+0-9]*\s*(?:#.*)?$/.test(value);
    if (isBelow && !line.trimStart().startsWith('#')) hidden = depth;
    return `${field} ${removed}`;
  });
}

/**
 * As redactText, line by line: the result has as many lines, for texts whose line numbers count.
 * @param lines of one text, without their line ends
 */
export function redactLines(lines: readonly string[]): readonly string[] {
  let isInKey = false;
  const withoutKeys = lines.map((line) => {
    const begins = /-----BEGIN [A-Z0-9 ]*PRIVATE KEY-----/.test(line);
    const isSecret = isInKey || begins;
    if (begins) isInKey = true;
    if (/-----END [A-Z0-9 ]*PRIVATE KEY-----/.test(line)) isInKey = false;
    return isSecret ? removed : line;
  });
  const byForm = withoutKeys.map((line) =>
    forms.reduce((left, [form, instead]) => left.replaceAll(form, instead), line),
  );
  return yamlLines(byForm).map((line) => line ?? removed);
}

function depthOf(line: string): number {
  return line.length - line.trimStart().length;
}

/** Removes secrets from JSON data: whole values of secret fields, and secrets in every text. */
export function redactData(value: unknown, known: readonly string[] = []): unknown {
  if (typeof value === 'string') return redactText(value, known);
  if (Array.isArray(value)) return value.map((item: unknown) => redactData(item, known));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => [
      redactText(key, known),
      secretName.test(key) && typeof item !== 'boolean' && item !== null
        ? removed
        : redactData(item, known),
    ]),
  );
}
