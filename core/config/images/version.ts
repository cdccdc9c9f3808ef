/** The release of Calico that a tag names. */

export interface ImageVersion {
  readonly major: number;
  readonly minor: number;
  /** `3.29.3`: without what follows a dash, which is an architecture or a build. */
  readonly text: string;
}

/** Undefined: the tag names no release, as `latest` or `master`. */
export function versionOfTag(tag: string | undefined): ImageVersion | undefined {
  const found = /^v?(\d{1,4})\.(\d{1,4})(?:\.(\d{1,4}))?(?:[-_.].*)?$/u.exec(tag ?? '');
  if (found === null) return undefined;
  const [, major = '', minor = '', patch] = found;
  const text = [major, minor, patch].filter((part) => part !== undefined).join('.');
  return { major: Number(major), minor: Number(minor), text };
}
