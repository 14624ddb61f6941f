type Cell = string | number | null;

/** RFC 4180: lines end with CRLF, and a cell with a comma, a quote or a line break is quoted. What is unknown is empty. */
export const formatCsv = (lines: readonly (readonly Cell[])[]): string =>
  lines.map((cells) => `${cells.map(cellText).join(',')}\r\n`).join('');

function cellText(cell: Cell): string {
  const text = String(cell ?? '');
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
