export { type ApiKeys, createApiKeys } from './api-keys.js';
export { createCatalogue, type TitleCatalogue } from './catalogue.js';
export { createOwners, type Owners } from './owners.js';
export { addCatalogueRoutes } from './routes.js';
