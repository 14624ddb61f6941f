export { createPlaces } from './places.js';
export { placeOfRouterName } from './router-name-place.js';
