export { type ApiKeys, createApiKeys } from './api-keys.js';
export { createCatalogue, type TitleCatalogue } from './catalogue.js';
export { createOwners } from './owners.js';
export { addCatalogueRoutes } from './routes.js';
