/** Finds the route of a request in a table of all routes. */
import type { IncomingMessage } from 'node:http';
import { AppError } from '../errors.ts';
import type { Route } from './route.ts';

export type RouteTable = ReadonlyMap<string, ReadonlyMap<string, Route>>;

export function indexRoutes(routes: readonly Route[]): RouteTable {
  const table = new Map<string, Map<string, Route>>();
  for (const route of routes) {
    const methods = table.get(route.path) ?? new Map<string, Route>();
    table.set(route.path, methods.set(route.method, route));
  }
  return table;
}

export interface FoundRoute {
  readonly route: Route;
  /** The query without the question mark. */
  readonly query: string;
}

export function findRoute(
  table: RouteTable,
  message: IncomingMessage,
  access: 'read' | 'write',
): FoundRoute {
  const url = message.url ?? '/';
  const mark = url.indexOf('?');
  const path = mark < 0 ? url : url.slice(0, mark);
  const methods = table.get(path);
  if (methods === undefined) {
    throw new AppError('not-found', `cannot find "${path.slice(0, 200)}": no such resource`);
  }
  const method = message.method === 'HEAD' ? 'GET' : (message.method ?? '');
  const route = methods.get(method);
  if (route === undefined) {
    const allowed = [...methods.keys()].join(', ');
    throw new AppError('method-not-allowed', `cannot ${method} "${path}": it takes ${allowed}`);
  }
  if (access === 'read' && route.access === 'write') {
    throw new AppError(
      'access-denied',
      `cannot ${method} "${path}": this socket is for reading only`,
    );
  }
  return { route, query: mark < 0 ? '' : url.slice(mark + 1) };
}
