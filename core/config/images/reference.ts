/**
 * The reference of a container image: `[registry/]path[:tag][@digest]`. Source: distribution/reference regexp.go and
 * normalize.go, which containerd, CRI-O and Docker use, and opencontainers/go-digest for digests.
 */
import { parseAddress } from '../net/address.ts';
import { printable } from '../../printable.ts';
import { withoutUndefined } from '../../without-undefined.ts';

export interface ImageReference {
  /** `registry.example:5000`, `[2001:db8::1]:5000`; absent: docker.io. */
  readonly registry?: string;
  /** `calico/node`: small letters. */
  readonly path: string;
  readonly tag?: string;
  /** `sha256:…` */
  readonly digest?: string;
}

export interface ReferenceFault {
  readonly code: string;
  /** A clause for after a colon. A text that may hold a password is never part of it. */
  readonly message: string;
  readonly hint: string;
}

export type ParsedReference =
  | { readonly ok: true; readonly value: ImageReference }
  | { readonly ok: false; readonly fault: ReferenceFault };

export const example = 'write it as docker.io/calico/node:v3.29.3';
const component = /^[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*$/u;
const tagForm = /^\w[\w.-]{0,127}$/u;
const longestPath = 255;
/** Room for the longest path, and most registries and digests. */
const longestHint = 600;
const digestLengths: Readonly<Record<string, number>> = { sha256: 64, sha384: 96, sha512: 128 };

export function parseReference(text: string): ParsedReference {
  const early = outerFault(text) ?? credentialFault(text);
  if (early !== undefined) return { ok: false, fault: early };
  const at = text.indexOf('@');
  const [rest, digest] = at === -1 ? [text, undefined] : [text.slice(0, at), text.slice(at + 1)];
  const colon = rest.indexOf(':', rest.lastIndexOf('/') + 1);
  const [name, tag] =
    colon === -1 ? [rest, undefined] : [rest.slice(0, colon), rest.slice(colon + 1)];
  const { registry, path } = splitName(name);
  const found =
    // First: without a digest behind it, what stands before "@" may be a password.
    (digest === undefined ? undefined : digestFault(digest)) ??
    registryAloneFault(name, tag) ??
    (registry === undefined ? undefined : registryFault(registry)) ??
    pathFault(path, (lower) =>
      referenceText(
        withoutUndefined({
          // Capitals alone made a registry of it.
          registry:
            registry !== undefined && /[.:[]/u.test(registry) ? registry : registry?.toLowerCase(),
          path: lower,
          tag,
          digest,
        }),
      ),
    ) ??
    (tag === undefined ? undefined : tagFault(tag));
  if (found !== undefined) return { ok: false, fault: found };
  return {
    ok: true,
    value: {
      ...(registry !== undefined && { registry }),
      path,
      ...(tag !== undefined && { tag }),
      ...(digest !== undefined && { digest }),
    },
  };
}

/** Empty, with spaces, or with a scheme: neither a reference nor a registry has that. */
export function outerFault(text: string): ReferenceFault | undefined {
  if (text.trim() === '') return fault('image-empty', 'it is empty', example);
  const scheme = /^[a-zA-Z][a-zA-Z0-9+.-]*:\/\//u.exec(text)?.[0];
  if (scheme !== undefined && !isCredential(text)) {
    const message = `it begins with ${printable(scheme.slice(0, 32))}: the container runtime chooses the protocol`;
    return fault('image-scheme', message, 'leave the scheme out');
  }
  if (/\s/u.test(text)) {
    return fault('image-form', 'it has a space or a line break in it', 'remove it');
  }
  return undefined;
}

/** The only `@` of a reference stands before its digest. What stands before another one is not shown. */
function credentialFault(text: string): ReferenceFault | undefined {
  return isCredential(text) ? credential : undefined;
}

export const credential: ReferenceFault = {
  code: 'image-credential',
  message:
    'it has a user name or a password before "@" (not shown): everybody who may read the configuration or a pod would see it',
  hint: 'remove everything up to the "@", put the credentials into a Secret of Kubernetes, and name that under images.pullSecret; change the password, because it stands in this document',
};

/** `user:password@registry/path`; a digest has an algorithm, a colon and hexadecimal digits after its `@`. */
function isCredential(text: string): boolean {
  const parts = text.split('@');
  if (parts.length === 1) return false;
  const last = parts.at(-1) ?? '';
  return (
    parts.length > 2 || last.includes('/') || !/^(?:[A-Za-z0-9+_-]*:)?[A-Fa-f0-9]*$/u.test(last)
  );
}

/** The first part is a registry where it cannot be a part of a path on docker.io. */
function splitName(name: string): { readonly registry?: string; readonly path: string } {
  const slash = name.indexOf('/');
  if (slash === -1) return { path: name };
  const first = name.slice(0, slash);
  return looksLikeHost(first) ? { registry: first, path: name.slice(slash + 1) } : { path: name };
}

export function looksLikeHost(text: string): boolean {
  return text === 'localhost' || /[.:A-Z[\]]/u.test(text);
}

/** `registry.example:5000` would be the repository registry.example with the tag 5000. */
function registryAloneFault(name: string, tag: string | undefined): ReferenceFault | undefined {
  if (name.includes('/')) return undefined;
  const isHost =
    name.startsWith('[') ||
    name === 'localhost' ||
    (tag !== undefined && /^\d+$/u.test(tag) && name.includes('.'));
  if (!isHost) return undefined;
  const message = 'it names a registry and no image of it';
  return fault('image-registry', message, 'add the path of the image: /calico/node:v3.29.3');
}

/** The host of a registry with its port. */
export function registryFault(text: string): ReferenceFault | undefined {
  const [, host = '', port] = /^(\[[^\]]*\]|[^:]*)(?::(.*))?$/u.exec(text) ?? [];
  const shown = printable(text.slice(0, 128));
  const hint = 'write it as registry.example:5000, or [2001:db8::1]:5000';
  if (text.startsWith('[') && !/^\[[^\]]*\](?::|$)/u.test(text)) {
    return fault('image-registry', `"${shown}" has no pair of brackets around an address`, hint);
  }
  if (!text.startsWith('[') && (text.match(/:/gu)?.length ?? 0) > 1) {
    const message = `the registry "${shown}" has several colons: an IPv6 address needs brackets`;
    return fault('image-registry', message, hint);
  }
  if (port !== undefined && !isPort(port)) {
    const message = `the port of the registry "${shown}" is no number from 1 to 65535`;
    return fault('image-registry', message, hint);
  }
  if (host.startsWith('[')) {
    const inner = host.slice(1, -1);
    const parsed = parseAddress(inner);
    const isPlain = parsed.ok && parsed.value.family === 6 && /^[0-9a-fA-F:]+$/u.test(inner);
    return isPlain
      ? undefined
      : fault('image-registry', `"${shown}" has no IPv6 address between its brackets`, hint);
  }
  const part = /^(?:[a-zA-Z0-9]|[a-zA-Z0-9][a-zA-Z0-9-]*[a-zA-Z0-9])$/u;
  if (host.length <= longestHost && host.split('.').every((one) => part.test(one))) {
    return undefined;
  }
  return fault('image-registry', `"${shown}" is no host name or address of a registry`, hint);
}

const longestHost = 253;

function isPort(text: string): boolean {
  return /^\d{1,5}$/u.test(text) && Number(text) >= 1 && Number(text) <= 65_535;
}

/**
 * The path of a repository below its registry.
 * @param whole the text that a person writes for a path
 */
export function pathFault(
  path: string,
  whole: (path: string) => string,
): ReferenceFault | undefined {
  const shown = printable(path.slice(0, 128));
  if (path === '') return fault('image-path', 'it has no path of an image', example);
  if (path.length > longestPath) {
    const message = `its path has ${String(path.length)} characters, and ${String(longestPath)} at most are allowed`;
    return fault('image-path', message, 'shorten the path on the registry');
  }
  if (/^[a-f0-9]{64}$/u.test(path)) {
    const message =
      'it is 64 hexadecimal digits alone, which is the ID of an image and no reference';
    return fault('image-path', message, 'write the repository, then @sha256: and the digits');
  }
  if (/[A-Z]/u.test(path)) {
    const message = `its path "${shown}" has capital letters, which no registry takes`;
    return fault(
      'image-uppercase',
      message,
      `write ${printable(whole(path.toLowerCase()).slice(0, longestHint))}`,
    );
  }
  const bad = path.split('/').find((one) => !component.test(one));
  if (bad === undefined) return undefined;
  const message =
    bad === ''
      ? `its path "${shown}" has an empty part: a "/" too many`
      : `the part "${printable(bad.slice(0, 64))}" of its path is not made of small letters and digits, with single ".", "_", "__" or "-" between them`;
  return fault('image-path', message, example);
}

export function tagFault(tag: string): ReferenceFault | undefined {
  if (tagForm.test(tag)) return undefined;
  const message =
    tag === ''
      ? 'its tag is empty: nothing stands behind the colon'
      : `its tag${tag.includes('@') ? ' (not shown)' : ` "${printable(tag.slice(0, 64))}"`} is not made of letters, digits, "_", "." and "-", 128 at most, without "." or "-" first`;
  return fault('image-tag', message, 'write a tag such as v3.29.3');
}

/** What was written is not shown: it may be a password. */
function digestFault(digest: string): ReferenceFault | undefined {
  const [, algorithm = '', digits = ''] = /^([^:]*):(.*)$/u.exec(digest) ?? [];
  const length = digestLengths[algorithm];
  if (length !== undefined && digits.length === length && /^[a-f0-9]+$/u.test(digits)) {
    return undefined;
  }
  const message =
    length === undefined
      ? 'what stands behind "@" is no digest of an image: sha256: and 64 hexadecimal digits'
      : `its digest of ${algorithm} needs ${String(length)} small hexadecimal digits, and it has ${String(digits.length)} characters`;
  const hint = 'copy the digest that docker buildx imagetools inspect or crane digest prints';
  return fault('image-digest', message, hint);
}

function fault(code: string, message: string, hint: string): ReferenceFault {
  return { code, message, hint };
}

export function referenceText({ registry, path, tag, digest }: ImageReference): string {
  const name = registry === undefined ? path : `${registry}/${path}`;
  return `${name}${tag === undefined ? '' : `:${tag}`}${digest === undefined ? '' : `@${digest}`}`;
}

/** Whether a container runtime takes both for the same: `calico/node` is `docker.io/calico/node:latest`. */
export function isSameImage(one: ImageReference, other: ImageReference): boolean {
  return canonicalText(one) === canonicalText(other);
}

function canonicalText({ registry, path, tag, digest }: ImageReference): string {
  const host = registry === undefined || registry === 'index.docker.io' ? 'docker.io' : registry;
  const whole = host === 'docker.io' && !path.includes('/') ? `library/${path}` : path;
  // With a digest the tag says nothing.
  return `${host}/${whole}${digest === undefined ? `:${tag ?? 'latest'}` : `@${digest}`}`;
}
