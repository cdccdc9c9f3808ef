/** A registry, with or without a path below which the images lie: `registry.example:5000/mirror`. */
import {
  credential,
  example,
  looksLikeHost,
  outerFault,
  pathFault,
  registryFault,
  type ReferenceFault,
} from './reference.ts';

export type ParsedRegistry =
  /** Without a slash at its end. */
  | { readonly ok: true; readonly value: string }
  | { readonly ok: false; readonly fault: ReferenceFault };

export function parseRegistry(text: string): ParsedRegistry {
  const fault = text.includes('@') ? credential : (outerFault(text) ?? faultOf(trimmed(text)));
  if (fault === undefined) return { ok: true, value: trimmed(text) };
  // The example of a whole reference is none of a registry.
  return { ok: false, fault: fault.hint === example ? { ...fault, hint: ownExample } : fault };
}

const ownExample = 'write it as registry.example:5000, or registry.example/mirror';

/** The Tigera operator wants a slash at the end, so people have it. */
function trimmed(text: string): string {
  return text.endsWith('/') ? text.slice(0, -1) : text;
}

function faultOf(text: string): ReferenceFault | undefined {
  const slash = text.indexOf('/');
  const [host, path] =
    slash === -1 ? [text, undefined] : [text.slice(0, slash), text.slice(slash + 1)];
  if (!looksLikeHost(host)) {
    return {
      code: 'image-registry',
      message:
        'its first part has neither a dot nor a port: a container runtime takes it for a path on docker.io',
      hint: 'write the host with a domain or a port, such as registry.example:5000 or registry:443, or docker.io before the path',
    };
  }
  if (path === '') {
    const message = 'it has a "/" too many at its end';
    return { code: 'image-path', message, hint: ownExample };
  }
  const ofPath =
    path === undefined
      ? undefined
      : pathFault(path.replace(/:[^/]*$/u, ''), (lower) => `${host}/${lower}`);
  if (path?.includes(':') === true && ofPath === undefined) {
    return {
      code: 'image-registry',
      message: 'it has a tag at its end: a registry has none',
      hint: 'leave the tag out, or write the whole reference under node: or kubeControllers:',
    };
  }
  return registryFault(host) ?? ofPath;
}
