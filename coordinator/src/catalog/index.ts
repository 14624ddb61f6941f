export { createCatalogue, type TitleCatalogue } from './catalogue.js';
export { createOwners } from './owners.js';
export { addCatalogueRoutes } from './routes.js';
