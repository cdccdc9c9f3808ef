/** The audit log: what people changed, in a file that only grows. */

export interface AuditEntry {
  /** RFC 3339. */
  readonly at: string;
  /** The same in both entries of an action. */
  readonly id: string;
  /** `begun` is on disk before the action begins, `ended` after it. */
  readonly phase: 'begun' | 'ended';
  /** The person. */
  readonly by: string;
  /** How the person was known: `token 4f2a91c0d3e1`, `certificate`, `socket, uid 0`. */
  readonly how: string;
  /** The address; absent: this machine. */
  readonly from?: string;
  /** `PUT /v1/config` */
  readonly action: string;
  /** What the request names, and what came of it; never a secret. */
  readonly details: Readonly<Record<string, string | number>>;
  /** Absent: it has begun only. */
  readonly result?: 'done' | 'refused' | 'failed';
  /** Why it was refused or failed. */
  readonly why?: string;
}

export interface AuditQuery {
  /** RFC 3339: entries from this moment on. */
  readonly since?: string;
  /** The newest so many actions. */
  readonly limit: number;
}

export interface AuditLog {
  /** The entry is on disk when this resolves. @throws AppError where it cannot be written */
  append(entry: AuditEntry): Promise<void>;
  /**
   * The newest actions, oldest first, each with its last entry.
   * @throws AppError where the log cannot be read
   */
  read(query: AuditQuery): Promise<readonly AuditEntry[]>;
  close(): Promise<void>;
}
