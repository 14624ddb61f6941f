export interface Column<Row> {
  header: string;
  /** Text of the cell; what is not known is shown as `unknown`. */
  cell: (row: Row) => string | undefined;
  /** Numbers stand to the right. */
  align?: 'left' | 'right';
}

/** A table in plain text, its columns as wide as their widest cell. */
export function formatTable<Row>(columns: readonly Column<Row>[], rows: readonly Row[]): string {
  const lines = [
    columns.map(({ header }) => header),
    ...rows.map((row) => columns.map(({ cell }) => printable(cell(row) ?? 'unknown'))),
  ];
  const widths = columns.map((_, index) => Math.max(...lines.map((cells) => [...cells[index]!].length)));
  return lines
    .map((cells) =>
      cells
        .map((text, index) => pad(text, widths[index]!, columns[index]!.align ?? 'left'))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}

/** Names come from other parties; a control character in one must not reach the terminal. */
export function printable(text: string): string {
  return text.replace(/\p{Cc}|[\u202a-\u202e\u2066-\u2069]/gu, '\ufffd');
}

function pad(text: string, width: number, align: 'left' | 'right'): string {
  const space = ' '.repeat(width - [...text].length);
  return align === 'left' ? text + space : space + text;
}
