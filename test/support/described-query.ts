/** Query parameters: those that an OpenAPI document describes, and those that a refusal names. */

interface Parameter {
  readonly name: string;
  readonly in: string;
}

export interface DescribedQueries {
  readonly paths: Readonly<
    Record<
      string,
      Readonly<
        Record<string, { readonly parameters?: readonly (Parameter | { readonly $ref: string })[] }>
      >
    >
  >;
  readonly components: { readonly parameters?: Readonly<Record<string, Parameter>> };
}

/** `GET /v1/events` with after, since and wait; sorted. */
export function describedQueries({
  paths,
  components,
}: DescribedQueries): ReadonlyMap<string, readonly string[]> {
  const resolved = (one: Parameter | { readonly $ref: string }): Parameter | undefined =>
    '$ref' in one ? components.parameters?.[one.$ref.split('/').at(-1) ?? ''] : one;
  return new Map(
    Object.entries(paths).flatMap(([route, operations]) =>
      Object.entries(operations).map(([method, { parameters = [] }]) => {
        const names = parameters.flatMap((one) => {
          const parameter = resolved(one);
          return parameter?.in === 'query' ? [parameter.name] : [];
        });
        return [`${method.toUpperCase()} ${route}`, names.toSorted()];
      }),
    ),
  );
}

/** They ignore foreign parameters, which Prometheus jobs and load balancers may add. */
export const forMonitors: readonly string[] = ['GET /metrics', 'GET /v1/health'];

/** The parameters that the detail of a refusal names as known; sorted. */
export function knownIn(detail: string): readonly string[] {
  const list = /; known here: (.*)$/.exec(detail)?.[1];
  return list === undefined ? [] : list.split(', ').toSorted();
}
