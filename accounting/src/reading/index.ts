export { createReader, type Reader } from './reader.js';
export { type Reading, readHere, rowsOf, type Select } from './reading.js';
