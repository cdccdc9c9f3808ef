/** A name as a part of a URL. Names come from outside: half a surrogate pair in JSON is no URI, and would throw. */
export function pathPart(name: string): string {
  return encodeURIComponent(name.replaceAll(/\p{Surrogate}/gu, '\uFFFD'));
}
