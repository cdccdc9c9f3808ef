/** The answers that an OpenAPI description names, and the form in which the commands accept them. */
import type { SchemaObject } from 'ajv';

export interface ApiDescription {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
  readonly components: {
    readonly schemas: Readonly<Record<string, SchemaObject>>;
    readonly responses?: Readonly<Record<string, Response>>;
  };
}

interface Operation {
  readonly responses: Readonly<Record<string, Response>>;
}

interface Response {
  readonly $ref?: string;
  readonly content?: Readonly<Record<string, { readonly schema: SchemaObject }>>;
}

const ownSchema = '#/components/schemas/';

/** File name and title of each schema that a 200 answer in JSON has: `plan-answer`, `PlanAnswer`. */
export function answersOf(description: ApiDescription): ReadonlyMap<string, string> {
  const operations = Object.values(description.paths).flatMap((path) => Object.values(path));
  const titles = operations.flatMap(({ responses }) => {
    const given = responses['200'];
    const named = description.components.responses?.[given?.$ref?.split('/').at(-1) ?? ''];
    const schema = (named ?? given)?.content?.['application/json']?.schema;
    const ref: unknown = schema?.['$ref'];
    // An answer that is a document of its own (a status) has its own schema, and so its guard.
    return typeof ref === 'string' && ref.startsWith(ownSchema)
      ? [ref.slice(ownSchema.length)]
      : [];
  });
  return new Map(titles.map((title) => [kebab(title), title]));
}

/** A newer daemon may add fields: a command of an older version reads the part that it knows. */
export function withRoomForMore<T>(value: T): T;
export function withRoomForMore(value: unknown): unknown {
  if (Array.isArray(value)) return value.map((item: unknown) => withRoomForMore(item));
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).filter(
    ([key, item]) => key !== 'additionalProperties' || item !== false,
  );
  return Object.fromEntries(entries.map(([key, item]) => [key, withRoomForMore(item)]));
}

function kebab(title: string): string {
  return title.replaceAll(/(?<=[a-z])[A-Z]/g, (letter) => `-${letter}`).toLowerCase();
}
