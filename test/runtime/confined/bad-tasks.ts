export interface BadTasks {
  readonly echo: { readonly input: unknown; readonly output: unknown };
  readonly pid: { readonly input: undefined; readonly output: number };
  readonly spin: { readonly input: undefined; readonly output: never };
  /** Writes the process's id to the file before it begins. */
  readonly spinAndTell: { readonly input: string; readonly output: never };
  /** Appends a line to the file, and gives 2 MiB of text. */
  readonly enlarge: { readonly input: string; readonly output: string };
  readonly allocate: { readonly input: undefined; readonly output: never };
  /** Allocates so many MiB outside of V8's heap, gives the process's id, and keeps them. */
  readonly leave: { readonly input: number; readonly output: number };
  /** Writes the file as soon as nothing in the process holds the input any more. Needs --expose-gc. */
  readonly forget: { readonly input: { readonly file: string }; readonly output: undefined };
  /** Fills so large a part of V8's heap with what it needs, and collects again and again. Needs --expose-gc. */
  readonly fill: { readonly input: number; readonly output: string };
  readonly recurse: { readonly input: undefined; readonly output: number };
  readonly fail: { readonly input: undefined; readonly output: never };
  readonly exit: { readonly input: undefined; readonly output: never };
}
