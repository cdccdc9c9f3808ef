/** The routes about the source: the file that the controller follows. */
import { AppError } from '../../runtime/errors.ts';
import { json, type Route } from '../../runtime/http/route.ts';
import type { FollowedSource, SourceView } from '../app/source/follow-source.ts';

/** GET /v1/source */
export type SourceAnswer = SourceView;

/** @param source undefined: the controller follows no file */
export function sourceRoutes(source: FollowedSource | undefined): readonly Route[] {
  const followed = (): FollowedSource => {
    if (source !== undefined) return source;
    throw new AppError(
      'not-found',
      'this controller follows no file; calico-controller serve --source FOLDER makes it',
    );
  };
  return [
    {
      method: 'GET',
      path: '/v1/source',
      access: 'read',
      handle: () => json(followed().view() satisfies SourceAnswer),
    },
    {
      method: 'POST',
      path: '/v1/source',
      access: 'write',
      bringsConfig: true,
      query: ['retry'],
      handle: async ({ query }) => {
        const by = query.get('by') ?? 'unknown';
        const outcome = await followed().push(by, query.get('retry') === 'true');
        return json(outcome);
      },
    },
  ];
}
