export { createInvoices, type Invoices } from './invoices.js';
export { addInvoiceRoutes, visibleInvoice } from './routes.js';
export { createScheduledClosing } from './scheduled-closing.js';
