/**
 * A CNI configuration, as containerd reads it. Source: containernetworking/cni libcni,
 * containerd/go-cni.
 */
import { jsonBounds } from '../../input/bounds.ts';
import { parseJson } from '../../input/parse-json.ts';

export interface Conflist {
  readonly name: string;
  /** The programs that it calls, in order, and those that assign addresses. */
  readonly plugins: readonly string[];
  readonly ipam: readonly string[];
  /** Whether Calico lets pods forward; absent: Calico is not in it. */
  readonly allowsForwarding?: boolean;
}

export type ParsedConflist =
  | { readonly ok: true; readonly value: Conflist }
  /** Completes "it cannot be used: …". */
  | { readonly ok: false; readonly why: string };

/** Other files in the folder are none. */
export function isConflistName(name: string): boolean {
  return /\.(?:conflist|conf|json)$/.test(name);
}

export function parseConflist(text: string): ParsedConflist {
  const parsed = parseJson(text, jsonBounds.conflist);
  if (!parsed.ok) return { ok: false, why: parsed.reason };
  if (!isRecord(parsed.data)) return { ok: false, why: 'it is no JSON object' };
  const { name, plugins } = parsed.data;
  const list: readonly unknown[] = Array.isArray(plugins) ? plugins : [parsed.data];
  const types = list.map((plugin) => textOf(plugin, 'type'));
  if (types.length === 0 || types.includes(undefined)) {
    return { ok: false, why: 'a plugin in it has no type' };
  }
  const ipam = list.flatMap((plugin) =>
    isRecord(plugin) ? (textOf(plugin['ipam'], 'type') ?? []) : [],
  );
  const calico = list.find((plugin) => textOf(plugin, 'type') === 'calico');
  return {
    ok: true,
    value: {
      name: typeof name === 'string' ? name : '',
      plugins: types.filter(isText),
      ipam,
      ...(calico !== undefined && { allowsForwarding: allowsForwarding(calico) }),
    },
  };
}

/** Source: calico cni-plugin/pkg/types, ContainerSettings. */
function allowsForwarding(plugin: unknown): boolean {
  const settings = isRecord(plugin) ? plugin['container_settings'] : undefined;
  return isRecord(settings) && settings['allow_ip_forwarding'] === true;
}

function textOf(value: unknown, key: string): string | undefined {
  const text = isRecord(value) ? value[key] : undefined;
  // A type becomes the name of a program in the folder of binaries, and nothing else.
  return typeof text === 'string' && /^[\w.-]{1,64}$/.test(text) ? text : undefined;
}

function isText(value: unknown): value is string {
  return typeof value === 'string';
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
