/** Of a configuration's text: what is not JSON is YAML. */
export function mediaTypeOf(text: string): 'application/json' | 'application/yaml' {
  try {
    JSON.parse(text);
    return 'application/json';
  } catch {
    return 'application/yaml';
  }
}
