import { FairhopError, titleIdSchema } from '@fairhop/shared/model';
import { formatBytes, formatTable } from '@fairhop/shared/service';
import { callAndPrint } from './call.js';
import type { CallOptions } from './command-kit.js';

export async function listTitles(options: CallOptions & { owner?: string }): Promise<void> {
  const query = options.owner === undefined ? {} : { owner: options.owner };
  await callAndPrint(
    options,
    (client) => client.listTitles({ query }),
    ({ titles }) =>
      titles.length === 0
        ? 'no titles are published'
        : formatTable(
            [
              { header: 'TITLE', cell: ({ id }) => id },
              { header: 'SIZE', cell: ({ sizeBytes }) => formatBytes(sizeBytes), align: 'right' },
              { header: 'CATEGORY', cell: ({ category }) => category },
              { header: 'PEERS', cell: ({ rules }) => (rules.peersAllowed ? 'yes' : 'no') },
              { header: 'PUBLISHED', cell: ({ publishedMs }) => new Date(publishedMs).toISOString() },
            ],
            titles,
          ),
  );
}

export async function withdrawTitle(title: string, options: CallOptions): Promise<void> {
  const parsed = titleIdSchema.safeParse(title);
  if (!parsed.success) {
    const message = `${JSON.stringify(title)} is no title; owner/name is right, such as moviestudio/big-film.mp4`;
    throw new FairhopError('invalid-title', message, { status: 400 });
  }
  const [owner, name] = parsed.data.split('/') as [string, string];
  await callAndPrint(
    options,
    (client) => client.withdraw({ params: { owner, name } }),
    ({ id }) => `${id} is withdrawn`,
  );
}
