/** The keys of the simulated etcd, at all revisions. */
import type {
  KeyEvent,
  KeyPage,
  KeyRange,
  PageQuery,
  StoredKey,
  Write,
} from '../../../runtime/etcd/keys.ts';

interface Version {
  readonly revision: number;
  /** Absent: the key was removed. */
  readonly stored?: StoredKey;
}

export class SimKeys {
  #revision = 1;
  readonly #versions = new Map<string, Version[]>();
  /** The names in order; undefined: they have changed. */
  #names: string[] | undefined;

  get revisionText(): string {
    return String(this.#revision);
  }

  someRevision(random: number): number {
    return 1 + Math.floor(random * this.#revision);
  }

  get(key: string, revision = this.#revision): StoredKey | undefined {
    return this.#versions.get(key)?.findLast((one) => one.revision <= revision)?.stored;
  }

  find(range: KeyRange, revision = this.#revision): readonly StoredKey[] {
    const names = 'key' in range ? [range.key] : this.#below(range.prefix);
    return names.flatMap((name) => this.get(name, revision) ?? []);
  }

  page(range: KeyRange, { after, limit, revision }: PageQuery): KeyPage {
    const at = revision === undefined ? this.#revision : Number(revision);
    const behind = after === undefined ? undefined : Buffer.from(after).toString('utf8');
    const found = this.find(range, at).filter(({ key }) => behind === undefined || key > behind);
    const keys = found.slice(0, limit);
    const last = keys.at(-1);
    return {
      keys,
      ...(last !== undefined && { last: Buffer.from(last.key) }),
      revision: this.revisionText,
      more: found.length > limit,
    };
  }

  /** All writes have one revision. */
  write(writes: readonly Write[]): readonly KeyEvent[] {
    this.#revision += 1;
    const revision = this.revisionText;
    return writes.flatMap((one): KeyEvent | readonly KeyEvent[] => {
      const key = 'put' in one ? one.put : one.remove;
      const before = this.get(key);
      if ('remove' in one) {
        if (before === undefined) return [];
        this.#add(key, {});
        return { type: 'delete', key, revision };
      }
      const { value, lease = '0' } = one;
      const created = before?.created ?? revision;
      this.#add(key, { stored: { key, value, created, modified: revision, lease } });
      return { type: 'put', key, value, revision };
    });
  }

  #add(key: string, version: Omit<Version, 'revision'>): void {
    const versions = this.#versions.get(key);
    const next = { revision: this.#revision, ...version };
    if (versions !== undefined) return void versions.push(next);
    this.#versions.set(key, [next]);
    this.#names = undefined;
  }

  #below(prefix: string): readonly string[] {
    this.#names ??= [...this.#versions.keys()].sort();
    return prefix === '' ? this.#names : this.#names.filter((name) => name.startsWith(prefix));
  }
}
