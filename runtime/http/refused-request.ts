import { AppError, type AppErrorOptions, type ErrorCode } from '../errors.ts';

/** An error whose answer needs headers of its own, as `Allow` or `Retry-After`. */
export class RefusedRequest extends AppError {
  readonly headers: Readonly<Record<string, string>>;

  constructor(
    code: ErrorCode,
    message: string,
    {
      headers,
      ...options
    }: AppErrorOptions & { readonly headers: Readonly<Record<string, string>> },
  ) {
    super(code, message, options);
    this.headers = headers;
  }
}
