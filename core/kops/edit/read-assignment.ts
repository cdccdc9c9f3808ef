/** `--set spec.networking.calico.mtu=8981` → a path and a typed value. */
import type { Parsed } from '../../parsed.ts';
import type { YamlValue } from '../../yaml-edit/written-value.ts';
import { providerByKey, type JudgedCluster } from '../document/facts.ts';
import { fieldName } from '../table/api-version.ts';
import type { KopsField, KopsFieldType } from '../table/field.ts';

export interface Assignment {
  readonly path: readonly string[];
  readonly value: YamlValue;
  /** The value stands for nothing: kops refuses it, and the line is to go. */
  readonly isZero: boolean;
}

/** `cluster.` in front is allowed, as kops does. */
export function readPath(text: string): Parsed<readonly string[]> {
  const path = text.replace(/^cluster\./, '').split('.');
  if (path.length > 1 && path.every((part) => part !== '')) {
    return { ok: true, value: path };
  }
  return {
    ok: false,
    message: `"${text}" is no path of a field`,
    hint: 'write it with dots from the top, as spec.networking.calico.mtu',
  };
}

export function readAssignment(text: string, cluster: JudgedCluster): Parsed<Assignment> {
  const equals = text.indexOf('=');
  if (equals === -1) {
    const hint =
      'write FIELD=VALUE, as spec.networking.calico.mtu=8981; to remove it use --unset FIELD';
    return { ok: false, message: `"${text}" has no value`, hint };
  }
  const path = readPath(text.slice(0, equals));
  if (!path.ok) return path;
  const [top = ''] = path.value;
  if (!topFields.has(top)) {
    const given = path.value.join('.');
    const hint =
      providerByKey(top, cluster) === undefined
        ? 'write it with dots from the top, as spec.networking.calico.mtu'
        : `write spec.networking.${given}`;
    return { ok: false, message: `a document of kops has no field "${top}" at its top`, hint };
  }
  const written = text.slice(equals + 1);
  const type = typeOf(path.value, cluster);
  const value = valueOf(type, written);
  if (value === undefined) {
    const message = `"${text.slice(0, equals)}" cannot be "${written}"`;
    return {
      ok: false,
      message,
      hint: hints[typeof type === 'string' ? type : 'map'] ?? 'edit the file by hand',
    };
  }
  return { ok: true, value: { path: path.value, value, isZero: isZeroValue(type, value) } };
}

/** Of every object of kops. To remove another one from a document, `--unset` takes any name. */
const topFields: ReadonlySet<string> = new Set(['apiVersion', 'kind', 'metadata', 'spec']);

/** undefined: a field outside of the tables. */
function typeOf(path: readonly string[], cluster: JudgedCluster): KopsFieldType | undefined {
  const [spec, networking, key, ...rest] = path;
  if (spec !== 'spec' || networking !== 'networking' || key === undefined) return undefined;
  const provider = providerByKey(key, cluster);
  return provider === undefined ? undefined : typeWithin(provider.fields, rest, cluster);
}

function typeWithin(
  fields: readonly KopsField[],
  [name, ...rest]: readonly string[],
  cluster: JudgedCluster,
): KopsFieldType | undefined {
  const type = fields.find((row) => fieldName(row, cluster.api) === name)?.type;
  if (rest.length === 0) return type;
  if (typeof type === 'object') return typeWithin(type, rest, cluster);
  return type === 'map' && rest.length === 1 ? 'text' : undefined;
}

function valueOf(type: KopsFieldType | undefined, text: string): YamlValue | undefined {
  if (typeof type === 'object') return undefined;
  switch (type) {
    case 'text':
    case 'quantity':
      return text;
    case 'flag':
    case 'flag?':
      return booleans.get(text.toLowerCase());
    case 'number':
    case 'number?':
      return /^-?\d{1,15}$/.test(text) ? Number(text) : undefined;
    case 'texts':
      return text.split(',').map((item) => item.trim());
    case 'map':
    case 'env':
      return undefined;
    case undefined:
      return booleans.get(text) ?? (/^(?:0|-?[1-9]\d{0,14})$/.test(text) ? Number(text) : text);
  }
}

const booleans = new Map([
  ['true', true],
  ['false', false],
]);

const hints: Readonly<Partial<Record<string, string>>> = {
  flag: 'write true or false',
  'flag?': 'write true or false',
  number: 'write a whole number',
  'number?': 'write a whole number',
  map: 'set each key by itself, as spec.networking.cilium.extraConfig.KEY=VALUE',
  env: 'edit the list in the file by hand',
};

/** The same values as isZero of check-value.ts, which kops leaves out. */
function isZeroValue(type: KopsFieldType | undefined, value: YamlValue): boolean {
  return (
    (type === 'flag' && value === false) ||
    (type === 'number' && value === 0) ||
    (type === 'text' && value === '')
  );
}
