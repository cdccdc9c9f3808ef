/** Of a configuration's text: what is not JSON is YAML. */
import { jsonBounds } from '../../../core/input/bounds.ts';
import { parseJson } from '../../../core/input/parse-json.ts';
export function mediaTypeOf(text: string): 'application/json' | 'application/yaml' {
  return parseJson(text, jsonBounds.request).ok ? 'application/json' : 'application/yaml';
}
