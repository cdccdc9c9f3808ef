/** The route of the preview for the fleet. */
import { AppError } from '../../runtime/errors.ts';
import { jsonInTurns, type Route } from '../../runtime/http/route.ts';
import type { Preview } from '../app/preview/preview.ts';
import { configBody } from './routes.ts';

/** POST /v1/preview answers with schemas/fleet-preview.schema.json. */
export function previewRoute(preview: Preview): Route {
  return {
    method: 'POST',
    path: '/v1/preview',
    access: 'read',
    query: ['base', 'node', 'despite'],
    body: configBody,
    handle: async ({ body, query, signal }) => {
      const base = baseOf(query.get('base'));
      const nodes = query.getAll('node');
      const despite = query.getAll('despite');
      const request = { text: body, nodes, despite, signal };
      return jsonInTurns(await preview({ ...request, ...(base !== undefined && { base }) }));
    },
  };
}

function baseOf(text: string | null): number | undefined {
  if (text === null) return undefined;
  if (/^\d{1,15}$/.test(text)) return Number(text);
  throw new AppError(
    'bad-request',
    `cannot compare with revision "${text.slice(0, 50)}": write its number, or 0 for nothing`,
  );
}
