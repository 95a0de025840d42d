import { RebuildState, Unavailable } from '@orderstream/contracts';
import { type Api, accepted, api } from '@orderstream/http';
import type { IndexState } from './index-state.js';

type Deps = { state: () => Promise<IndexState>; wantRebuild: () => Promise<void> };

export const rebuildRoutes = ({ state, wantRebuild }: Deps): Api =>
  api('Rebuild', '/reports')
    .get(
      '/reports/rebuild',
      {
        summary: 'Whether the reports have all orders, and the progress of a rebuild',
        who: 'admin',
        answers: { 200: RebuildState },
        refusals: [new Unavailable('search-unavailable', 'Elasticsearch does not answer', { retryAfterSeconds: 1 })],
      },
      async () => {
        const { complete, model } = await state();
        return {
          complete,
          completedAt: model.completedAt?.toISOString() ?? null,
          wanted: model.rebuildWanted,
          progress: model.progress,
        };
      },
    )
    .post(
      '/reports/rebuild',
      {
        summary: 'Rebuild the index of orders',
        description: 'Begins within seconds, in the background. Meanwhile the reports use the present index.',
        who: 'admin',
        answers: { 202: null },
      },
      async () => {
        await wantRebuild();
        return accepted(undefined);
      },
    );
