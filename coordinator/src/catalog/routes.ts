import { coordinatorEndpoints } from '@fairhop/shared/contract';
import { type Authenticator, type HttpApp, route } from '@fairhop/shared/service';
import { requireSelfOrOperator } from '../self-or-operator.js';
import type { TitleCatalogue } from './catalogue.js';
import type { Owners } from './owners.js';

export interface CatalogueRoutesDependencies {
  readonly catalogue: TitleCatalogue;
  readonly owners: Owners;
  readonly auth: Authenticator;
}

/** A manifest of 65,536 pieces has two layers of 2.8 MB in base64. */
const PUBLICATION_LIMIT_BYTES = 8 * 1024 * 1024;

export function addCatalogueRoutes(app: HttpApp, dependencies: CatalogueRoutesDependencies): void {
  const { catalogue, owners, auth } = dependencies;
  const operator = { onRequest: auth.requirePrincipal(['operator']) };
  const publisher = { onRequest: auth.requirePrincipal(['operator', 'owner']) };

  route(app, coordinatorEndpoints.listTitles, {}, ({ query }) => ({ titles: catalogue.list(query.owner) }));
  route(app, coordinatorEndpoints.getTitle, {}, ({ params }) =>
    catalogue.requireTitle(`${params.owner}/${params.name}`),
  );
  route(
    app,
    coordinatorEndpoints.publish,
    { ...publisher, bodyLimit: PUBLICATION_LIMIT_BYTES },
    ({ params, body, request }) => {
      requireSelfOrOperator(request, 'owner', params.owner);
      return catalogue.publish(params.owner, params.name, body);
    },
  );
  route(app, coordinatorEndpoints.withdraw, publisher, ({ params, request }) => {
    requireSelfOrOperator(request, 'owner', params.owner);
    return catalogue.withdraw(`${params.owner}/${params.name}`);
  });
  route(app, coordinatorEndpoints.getManifest, {}, ({ params }) =>
    catalogue.requireManifest(params.contentId),
  );
  route(
    app,
    coordinatorEndpoints.getContentSource,
    { onRequest: auth.requirePrincipal(['edge', 'operator']) },
    ({ params }) => catalogue.requireSource(params.contentId),
  );

  route(app, coordinatorEndpoints.putOwner, operator, ({ params, body }) => {
    const owner = { owner: params.owner, name: body.name };
    owners.put(owner);
    return owner;
  });
  route(app, coordinatorEndpoints.listOwners, operator, () => ({ owners: owners.list() }));
  route(app, coordinatorEndpoints.getOwner, publisher, ({ params, request }) => {
    requireSelfOrOperator(request, 'owner', params.owner);
    return owners.require(params.owner);
  });
}
