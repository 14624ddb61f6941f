export { findAltoMaps } from './alto-directory.js';
export { type AltoMap, createAltoMap } from './alto-map.js';
