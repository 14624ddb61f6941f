import { coordinatorEndpoints, type EdgeInfo } from '@fairhop/shared/contract';
import type { Identity } from '@fairhop/shared/crypto';
import { FairhopError } from '@fairhop/shared/model';
import type { Clock, HttpApp } from '@fairhop/shared/service';
import { z } from 'zod';
import type { BudgetActions } from '../budget-actions/index.js';
import type { TitleCatalogue } from '../catalog/index.js';
import { normalAddress } from '../network-lookup.js';
import { noticeOf, type Policies } from '../policy/index.js';
import type { EdgeDirectory, NetworkPlace } from '../session/dependencies.js';
import { prefersMetalink } from './accept.js';
import { plainEdgeUrl } from './edge-url.js';
import { digestHeaders, linkHeader } from './headers.js';
import { METALINK_MEDIA_TYPE, metalinkDocument } from './metalink.js';

export interface LandingDependencies {
  readonly coordinator: string;
  readonly identity: Identity;
  readonly catalogue: TitleCatalogue;
  readonly edges: EdgeDirectory;
  readonly budgets: Pick<BudgetActions, 'refusalOf'>;
  readonly policies: Pick<Policies, 'viewOf'>;
  readonly clock: Clock;
  networkOf(address: string): Promise<NetworkPlace | null>;
  /** Base URL as clients reach it. */
  publicUrl(): string;
}

/** An edge that was restarted beats again within this time. */
const RETRY_AFTER_SECONDS = 5;

/** Where any HTTP client gets a title, without an agent. */
export function addLandingRoutes(app: HttpApp, dependencies: LandingDependencies): void {
  const { coordinator, identity, catalogue, edges, budgets, policies, clock, networkOf, publicUrl } =
    dependencies;

  app.get(
    '/t/:owner/:title',
    {
      schema: {
        summary: 'A title for any HTTP client: redirect to the best edge, or a Metalink',
        params: z.object({ owner: z.string(), title: z.string() }),
        // Neither is JSON: what is sent is a location, or a Metalink.
        response: { 200: z.string(), 302: z.null() },
      },
    },
    async (request, reply) => {
      const titleId = `${request.params.owner}/${request.params.title}`;
      const title = catalogue.requireTitle(titleId);
      const manifest = catalogue.requireManifest(title.contentId);
      const address = normalAddress(request.ip);
      const place = await networkOf(address);
      reply.header('vary', 'Accept').header('cache-control', 'no-store');
      const refusal = budgets.refusalOf(title, { isp: place?.isp ?? null, address });
      if (refusal !== undefined) {
        if (refusal.opensMs !== undefined)
          reply.header('retry-after', String(Math.ceil((refusal.opensMs - clock.nowMs()) / 1000)));
        throw refusal.error;
      }
      const client = { address, asn: place?.asn ?? null, isp: place?.isp ?? null };
      const view = policies.viewOf(client, title);
      const isClosed = (edge: EdgeInfo): boolean => view.actingFrom(edge).length > 0;
      const offered = edges.edgesFor(place, isClosed);
      if (offered.length === 0) {
        reply.header('retry-after', String(RETRY_AFTER_SECONDS));
        const message = `no edge is there to serve ${titleId} right now; try again in ${RETRY_AFTER_SECONDS} seconds`;
        throw new FairhopError('no-edge', message, { status: 503 });
      }
      const nowMs = clock.nowMs();
      const urls = await Promise.all(
        offered.map((edge) => {
          const limits = view.edgeLimits(edge);
          return plainEdgeUrl({ coordinator, identity, edge, title, limits, nowMs });
        }),
      );
      // A plain client has no other way to be told, and nobody else to get bytes from.
      if (offered.every(isClosed))
        view.told({ networks: [], single: [] }, [...new Set(offered.flatMap(view.actingFrom))].map(noticeOf));
      if (prefersMetalink(request.headers.accept)) {
        return reply
          .type(METALINK_MEDIA_TYPE)
          .header('content-disposition', `attachment; filename="${title.name}.meta4"`)
          .send(metalinkDocument(title, manifest, urls));
      }
      const manifestPath = coordinatorEndpoints.getManifest.path.replace(':contentId', title.contentId);
      const links = {
        manifestUrl: publicUrl() + manifestPath,
        landingUrl: `${publicUrl()}/t/${titleId}`,
        urls,
      };
      return reply.headers({ ...digestHeaders(manifest), link: linkHeader(links) }).redirect(urls[0]!, 302);
    },
  );
}
