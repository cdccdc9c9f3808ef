/**
 * Reads one value of K3s' configuration as K3s does, in YAML 1.1, and turns it into text.
 * Sources: gopkg.in/yaml.v2 resolve.go; wrangler pkg/data/convert.
 */
export interface ReadScalar {
  /** As it stands on K3s' command line. */
  readonly text: string;
  /** Why the text may be another one than a person expects; the text of a plain scalar alone is read so. */
  readonly trap?: 'boolean' | 'octal' | 'number';
}

const truths = new Set(['y', 'Y', 'yes', 'Yes', 'YES', 'true', 'True', 'TRUE', 'on', 'On', 'ON']);
const falses = new Set([
  'n',
  'N',
  'no',
  'No',
  'NO',
  'false',
  'False',
  'FALSE',
  'off',
  'Off',
  'OFF',
]);
const nothing = new Set(['', '~', 'null', 'Null', 'NULL']);
const plainTruth = /^(?:true|false)$/;

/** @param quoted quotes or a block: a text, whatever it looks like */
export function readScalar(source: string, quoted: boolean): ReadScalar {
  if (quoted) return { text: source.trim() };
  if (nothing.has(source)) return { text: '' };
  if (truths.has(source)) return truth('true', source);
  if (falses.has(source)) return truth('false', source);
  const whole = wholeNumber(source);
  if (whole !== undefined) {
    const text = String(whole);
    if (text === source) return { text };
    return { text, trap: /^[-+]?0/.test(source) ? 'octal' : 'number' };
  }
  if (/^[-+]?(?:\.\d+|\d+(?:\.\d*)?)(?:[eE][-+]?\d+)?$/.test(source)) {
    const text = String(Number(source));
    return text === source ? { text } : { text, trap: 'number' };
  }
  return { text: source.trim() };
}

function truth(text: string, source: string): ReadScalar {
  return plainTruth.test(source) ? { text } : { text, trap: 'boolean' };
}

/** Go's ParseInt with base 0: 0644 and 0o644 are octal, 0x and 0b as elsewhere; underscores part digits. */
function wholeNumber(source: string): number | undefined {
  const plain = source.replaceAll('_', '');
  const [, sign = '', digits = ''] = /^([-+]?)(.+)$/.exec(plain) ?? [];
  const forms: readonly (readonly [RegExp, number])[] = [
    [/^0x([0-9a-fA-F]+)$/, 16],
    [/^0b([01]+)$/, 2],
    [/^0o?([0-7]+)$/, 8],
    [/^(0|[1-9]\d*)$/, 10],
  ];
  for (const [form, base] of forms) {
    const found = form.exec(digits)?.[1];
    if (found !== undefined) return Number.parseInt(found, base) * (sign === '-' ? -1 : 1);
  }
  return undefined;
}
