export { planText, usageWords } from './describe-basis.js';
export { type DocumentFormat, documentFormats } from './document-formats.js';
export { amountText, dateText, ibanText, lastDateText, moneyText, ratioText, thousands } from './format.js';
export { addDocumentRoutes } from './routes.js';
export { lackedVatIds } from './ubl/vat-ids.js';
