export interface BadTasks {
  readonly echo: { readonly input: unknown; readonly output: unknown };
  readonly pid: { readonly input: undefined; readonly output: number };
  readonly spin: { readonly input: undefined; readonly output: never };
  /** Writes the process's id to the file before it begins. */
  readonly spinAndTell: { readonly input: string; readonly output: never };
  readonly allocate: { readonly input: undefined; readonly output: never };
  readonly recurse: { readonly input: undefined; readonly output: number };
  readonly fail: { readonly input: undefined; readonly output: never };
  readonly exit: { readonly input: undefined; readonly output: never };
}
