/**
 * An object whose calls are watched. Everything else, also what is known later only (which driver it
 * is), is asked of the object itself.
 * @param began called by name with each call of these methods; gives what is called at its end, with
 *   the error of a call that failed
 */
export function watchCalls<T extends object>(
  object: T,
  methods: readonly string[],
  began: (method: string) => (failure?: { readonly error: unknown }) => void,
): T {
  const watched: ReadonlySet<string | symbol> = new Set(methods);
  return new Proxy(object, {
    get: (target, property): unknown => {
      const value: unknown = Reflect.get(target, property);
      if (!watched.has(property) || typeof value !== 'function') return value;
      return (...args: readonly unknown[]): unknown => {
        const end = began(String(property));
        const result: unknown = Reflect.apply(value, target, args);
        if (result instanceof Promise) {
          result.then(
            () => end(),
            (error: unknown) => end({ error }),
          );
        }
        return result;
      };
    },
  });
}
