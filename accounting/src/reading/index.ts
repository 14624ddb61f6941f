export { createReader, type Reader } from './reader.js';
export { eachRow, type Reading, readHere, rowsOf, type Select } from './reading.js';
