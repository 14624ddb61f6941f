export * from './bounded-cache.js';
export * from './content.js';
export * from './errors.js';
export * from './identifiers.js';
export * from './permit.js';
export * from './tokens.js';
export * from './transfer.js';
