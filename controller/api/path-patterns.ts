/** Finds routes whose paths may have parameters, as `/v1/nodes/{name}`. */
import findMyWay from 'find-my-way';
import type { PathTable } from '../../runtime/http/route-table.ts';
import type { Route } from '../../runtime/http/route.ts';

/** The longest value of a parameter, decoded; a longer one is no such path. */
const maxParameterLength = 256;

/** @throws Error where two routes have the same method and path */
export function pathPatterns(routes: readonly Route[]): PathTable {
  // The query is read elsewhere.
  const router = findMyWay({
    maxParamLength: maxParameterLength,
    querystringParser: () => ({}),
  });
  const byHandler = new Map<unknown, Route>();
  for (const route of routes) {
    // The library wants a function for each route; here it only stands for its route.
    const handler = (): void => undefined;
    byHandler.set(handler, route);
    router.on(route.method, route.path.replaceAll(/\{([A-Za-z]+)\}/g, ':$1'), handler);
  }
  return {
    find: (method, path) => {
      const found = router.find(method, path);
      const route = byHandler.get(found?.handler);
      const parameters = Object.entries(found?.params ?? {});
      // The library takes `/v1/nodes/` for an empty name.
      if (route === undefined || parameters.some(([, value]) => !value)) return undefined;
      return {
        route,
        parameters: Object.fromEntries(parameters.map(([name, value = '']) => [name, value])),
      };
    },
  };
}
