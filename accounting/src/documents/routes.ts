import type { Invoice } from '@fairhop/shared/model';
import type { Authenticator, HttpApp, Principal } from '@fairhop/shared/service';
import { z } from 'zod';
import { type DocumentFormat, documentFormats } from './document-formats.js';

export interface DocumentRoutesDependencies {
  readonly auth: Authenticator;
  /** By id or number, if the principal may see it; throws as `getInvoice` does. */
  readonly find: (invoice: string, principal: Principal) => Invoice;
}

const paramsSchema = z.object({ invoice: z.string().min(1).max(64) });

/** What it is made of is for the media type to say. */
const fileSchema = z.string().meta({ format: 'binary' });

/** `GET /v1/invoices/:invoice/pdf`, `csv` and `ubl`: what an invoice looks like outside, for who may see it. */
export function addDocumentRoutes(app: HttpApp, { auth, find }: DocumentRoutesDependencies): void {
  for (const format of Object.keys(documentFormats) as DocumentFormat[]) {
    const { mediaType, summary, write, fileName } = documentFormats[format];
    app.get(
      `/v1/invoices/:invoice/${format}`,
      {
        schema: {
          summary,
          params: paramsSchema,
          response: { 200: { content: { [mediaType]: { schema: fileSchema } } } },
        },
        onRequest: auth.requirePrincipal(['operator', 'isp', 'owner']),
      },
      async (request, reply) => {
        const invoice = find(request.params.invoice, request.principal!);
        // The schema knows strings alone; bytes are sent as they are.
        const content = await write(invoice);
        return reply
          .type(mediaType.startsWith('text/') ? `${mediaType}; charset=utf-8` : mediaType)
          .header('content-disposition', `attachment; filename="${fileName(invoice)}"`)
          .send(content as string);
      },
    );
  }
}
