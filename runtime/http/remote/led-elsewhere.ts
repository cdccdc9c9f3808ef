/** A refusal that names the server which answers instead. */
import { AppError, type AppErrorOptions, type ErrorCode } from '../../errors.ts';

export class LedElsewhere extends AppError {
  /** `https://HOST:PORT` */
  readonly leader: string;

  constructor(
    code: ErrorCode,
    message: string,
    { leader, ...options }: AppErrorOptions & { readonly leader: string },
  ) {
    super(code, message, options);
    this.leader = leader;
  }
}

/** Whether it is the address of a server with TLS, and nothing else. */
export function isServerUrl(text: unknown): text is string {
  return (
    typeof text === 'string' &&
    text.length <= 300 &&
    /^https:\/\/(?:[A-Za-z0-9._-]+|\[[0-9A-Fa-f:.]+\]):[1-9]\d{0,4}$/.test(text) &&
    URL.canParse(text)
  );
}
