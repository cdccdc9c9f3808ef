/**
 * Reads one value of K3s' configuration as K3s does, in YAML 1.1, and turns it into text.
 * Sources: gopkg.in/yaml.v2 resolve.go; k3s pkg/configfilearg/convert.go, which prints with Go's
 * fmt.
 */
export interface ReadScalar {
  /** As it stands on K3s' command line. */
  readonly text: string;
  /**
   * Why the result may differ from a person's expectation; only plain scalars are read like this.
   */
  readonly trap?: 'boolean' | 'octal' | 'number';
  /** YAML's null, which `key+` does not add. */
  readonly isNull?: true;
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
  if (nothing.has(source)) return { text: '', isNull: true };
  if (truths.has(source)) return truth('true', source);
  if (falses.has(source)) return truth('false', source);
  const number = wholeNumber(source) ?? realNumber(source);
  if (number === undefined) return { text: source.trim() };
  if (number === source) return { text: number };
  return { text: number, trap: /^[-+]?0\d/.test(source) ? 'octal' : 'number' };
}

function truth(text: string, source: string): ReadScalar {
  return plainTruth.test(source) ? { text } : { text, trap: 'boolean' };
}

/** The bounds of integers of 64 bits: 2^63 with a sign, 2^64 without one. */
const leastWhole = -(2n ** 63n);
const endOfWhole = 2n ** 64n;

/**
 * Go's ParseInt with base 0: 0644 and 0o644 are octal, 0x and 0b as elsewhere; underscores part
 * digits.
 */
function wholeNumber(source: string): string | undefined {
  if (!/^[-+]?\d/.test(source)) return undefined;
  const [, sign = '', digits = ''] = /^([-+]?)(.+)$/.exec(source.replaceAll('_', '')) ?? [];
  const forms: readonly (readonly [RegExp, string])[] = [
    [/^0[xX]([0-9a-fA-F]+)$/, '0x'],
    [/^0[bB]([01]+)$/, '0b'],
    [/^0[oO]?([0-7]+)$/, '0o'],
    [/^(0|[1-9]\d*)$/, ''],
  ];
  for (const [form, prefix] of forms) {
    const found = form.exec(digits)?.[1];
    if (found === undefined) continue;
    const value = BigInt(`${prefix}${found}`) * (sign === '-' ? -1n : 1n);
    return value >= leastWhole && value < endOfWhole ? String(value) : undefined;
  }
  return undefined;
}

const infinities: Readonly<Record<string, string>> = {
  '.inf': '+Inf',
  '+.inf': '+Inf',
  '-.inf': '-Inf',
  '.nan': 'NaN',
};
const infinityForms = /^(?:[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN))$/;

function realNumber(source: string): string | undefined {
  if (infinityForms.test(source)) return infinities[source.toLowerCase()];
  const plain = /^[-+]?\d/.test(source) ? source.replaceAll('_', '') : source;
  if (!/^[-+]?(?:\.\d+|\d+(?:\.\d*)?)(?:[eE][-+]?\d+)?$/.test(plain)) return undefined;
  const value = Number(plain);
  return Number.isFinite(value) ? printReal(value) : undefined;
}

/**
 * As Go's %v prints a float64: the shortest digits, and an exponent where it is below -4 or above
 * 5.
 */
function printReal(value: number): string {
  const [digits = '', exponent = '0'] = value.toExponential().split('e');
  const power = Number(exponent);
  if (Object.is(value, -0)) return '-0';
  if (power >= -4 && power <= 5) return String(value);
  const sign = power < 0 ? '-' : '+';
  return `${digits}e${sign}${String(Math.abs(power)).padStart(2, '0')}`;
}
