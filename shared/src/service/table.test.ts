import { expect, it } from 'vitest';
import { formatBytes } from './quantities.js';
import { formatTable } from './table.js';

it('a table is aligned, shows the unknown as unknown and lets no control character through', () => {
  const rows: { isp: string; bytes: number | undefined }[] = [
    { isp: 'sp1', bytes: 2048 },
    { isp: 'a\u001b]0;x\u0007\nb', bytes: undefined },
  ];
  const text = formatTable(
    [
      { header: 'ISP', cell: ({ isp }) => isp },
      {
        header: 'Size',
        cell: ({ bytes }) => (bytes === undefined ? undefined : formatBytes(bytes)),
        align: 'right',
      },
    ],
    rows,
  );
  expect(text.split('\n')).toEqual([
    'ISP           Size',
    'sp1          2 KiB',
    'a\ufffd]0;x\ufffd\ufffdb  unknown',
  ]);
});
