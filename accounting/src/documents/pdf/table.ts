import { type Box, CONTENT_WIDTH, colors, MARGIN, type Sheet, type TextStyle } from './sheet.js';

export interface TableColumn {
  readonly header: string;
  readonly width: number;
  readonly align?: 'left' | 'right';
}

/** One text a column. */
export type TableRow = readonly string[];

const GAP = 8;
const PADDING = 5;
const headStyle: TextStyle = { font: 'bold', size: 8, color: colors.muted };
const cellStyle: TextStyle = { size: 8.5 };
/** Of a row that fills more than a page: the calculation of 32 tiers with every digit fits so. */
const smallStyle: TextStyle = { size: 6 };

/** Rows stay whole; the head stands again on every page. The widths fill the page. */
export function writeTable(sheet: Sheet, columns: readonly TableColumn[], rows: readonly TableRow[]): void {
  const boxes = boxesOf(columns);
  const headHeight = heightOf(
    sheet,
    columns.map(({ header }) => header),
    boxes,
    headStyle,
  );
  const room = sheet.pageHeight - headHeight;
  const styled = rows.map((row) => {
    const height = heightOf(sheet, row, boxes, cellStyle);
    return height <= room
      ? { row, height, style: cellStyle }
      : { row, height: heightOf(sheet, row, boxes, smallStyle), style: smallStyle };
  });
  sheet.makeRoom(headHeight + (styled[0]?.height ?? 0));
  writeHead();
  for (const { row, height, style } of styled) {
    if (sheet.makeRoom(height)) writeHead();
    writeRow(row, style);
    sheet.y += height;
    sheet.rule(sheet.y);
  }

  function writeHead(): void {
    writeRow(
      columns.map(({ header }) => header),
      headStyle,
    );
    sheet.y += headHeight;
    sheet.rule(sheet.y, colors.accent);
  }
  function writeRow(texts: TableRow, style: TextStyle): void {
    boxes.forEach((box, index) => {
      const { align = 'left' } = columns[index]!;
      sheet.text(texts[index] ?? '', { ...box, y: sheet.y + PADDING }, { ...style, align });
    });
  }
}

/** The columns' share of the width is that of their widths. */
function boxesOf(columns: readonly TableColumn[]): readonly Omit<Box, 'y'>[] {
  const total = columns.reduce((sum, { width }) => sum + width, 0);
  const free = CONTENT_WIDTH - GAP * (columns.length - 1);
  let x = MARGIN;
  return columns.map(({ width: share }) => {
    const box = { x, width: (share / total) * free };
    x += box.width + GAP;
    return box;
  });
}

const heightOf = (
  sheet: Sheet,
  texts: TableRow,
  boxes: readonly Omit<Box, 'y'>[],
  style: TextStyle,
): number =>
  Math.max(...texts.map((text, index) => sheet.heightOf(text, boxes[index]!.width, style))) + 2 * PADDING;
