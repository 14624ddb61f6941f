import { printJson } from '@fairhop/shared/service';
import { type DocumentFormat, documentFormats } from '../documents/index.js';
import { writeLine } from './print.js';
import { askAccounting, type ServiceOptions } from './service-client.js';
import { writeOutput } from './write-output.js';

interface ExportOptions extends ServiceOptions {
  readonly format: DocumentFormat;
  readonly output?: string;
}

/** The same bytes as the service's own documents: they are made of the invoice alone. */
export async function exportInvoice(name: string, options: ExportOptions): Promise<void> {
  const { write, fileName } = documentFormats[options.format];
  const params = { invoice: name };
  const invoice = await askAccounting(options, (client) => client.getInvoice({ params }));
  const content = await write(invoice);
  // Standard output has one JSON document, and a document beside it would spoil both.
  const hasFile = options.format === 'pdf' || options.json;
  const file = options.output ?? (hasFile ? fileName(invoice) : undefined);
  await writeOutput(content, file);
  if (options.json) printJson({ file, format: options.format, bytes: Buffer.byteLength(content) });
  else if (file !== undefined) writeLine(`${invoice.number ?? invoice.id} is in ${file}.`);
}
