export { createQuarantineBook, type QuarantineBook } from './quarantine-book.js';
export { addQuarantineRoutes } from './routes.js';
