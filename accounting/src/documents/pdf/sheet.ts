import { createRequire } from 'node:module';
import { printable } from '@fairhop/shared/service';
import PDFDocument from 'pdfkit';

type Document = InstanceType<typeof PDFDocument>;

/** Points of 1/72 inch, of A4. */
export const MARGIN = 50;
const PAGE_WIDTH = 595.28;
const PAGE_HEIGHT = 841.89;
export const CONTENT_WIDTH = PAGE_WIDTH - 2 * MARGIN;
const CONTENT_BOTTOM = PAGE_HEIGHT - 70;
const FOOTER_TOP = PAGE_HEIGHT - 52;

export const colors = {
  ink: '#1b1f24',
  muted: '#5a6572',
  rule: '#c4ccd6',
  accent: '#0b4f8a',
  mark: '#e9edf1',
};

// The standard fonts of PDF hold Windows-1252 alone, which is not enough for names of Łódź or Αθήνα.
const require = createRequire(import.meta.url);
const fontFiles = {
  regular: require.resolve('@expo-google-fonts/noto-sans/400Regular/NotoSans_400Regular.ttf'),
  bold: require.resolve('@expo-google-fonts/noto-sans/700Bold/NotoSans_700Bold.ttf'),
};

export interface TextStyle {
  readonly font?: keyof typeof fontFiles;
  readonly size?: number;
  readonly color?: string;
  readonly align?: 'left' | 'right';
}

export interface Box {
  readonly x: number;
  readonly y: number;
  readonly width: number;
}

/** Pages that are written from top to bottom; `y` is where the next thing goes. */
export interface Sheet {
  y: number;
  /** Writes at a place, without moving `y`; gives the height that it took. */
  text(text: string, box: Box, style?: TextStyle): number;
  heightOf(text: string, width: number, style?: TextStyle): number;
  /** Writes over the whole width and moves `y` below. */
  paragraph(text: string, style?: TextStyle): void;
  rule(y: number, color?: string): void;
  /** Makes a new page unless so much fits; true if it did. */
  makeRoom(height: number): boolean;
  /** Room on an empty page. */
  readonly pageHeight: number;
  /** Ends it, with the footer on every page. */
  finish(footer: string): Promise<Buffer>;
}

export interface SheetConfig {
  readonly title: string;
  readonly author: string;
  /** Stands for the time of making: equal input gives equal bytes. */
  readonly timeMs: number;
  /** Written large behind each page. */
  readonly mark?: string | undefined;
}

const defaults = { font: 'regular', size: 9, color: colors.ink, align: 'left' } as const;

export function createSheet({ title, author, timeMs, mark }: SheetConfig): Sheet {
  const document = new PDFDocument({
    size: 'A4',
    margin: MARGIN,
    bufferPages: true,
    autoFirstPage: false,
    lang: 'en',
    displayTitle: true,
    info: { Title: printable(title), Author: printable(author), CreationDate: new Date(timeMs) },
  });
  for (const [name, file] of Object.entries(fontFiles)) document.registerFont(name, file);
  const chunks: Buffer[] = [];
  const ended = new Promise<Buffer>((resolve, reject) => {
    document.on('data', (chunk: Buffer) => chunks.push(chunk));
    document.on('end', () => resolve(Buffer.concat(chunks)));
    document.on('error', reject);
  });
  const applied = (style: TextStyle): Required<TextStyle> => {
    const whole = { ...defaults, ...style };
    document.font(whole.font).fontSize(whole.size).fillColor(whole.color);
    return whole;
  };
  const addPage = (): void => {
    document.addPage();
    // Breaks are made here, before what does not fit.
    document.page.margins.bottom = 0;
    sheet.y = MARGIN;
    if (mark !== undefined) writeMark(document, mark);
  };
  const sheet: Sheet = {
    y: MARGIN,
    pageHeight: CONTENT_BOTTOM - MARGIN,
    text(text, { x, y, width }, style = {}) {
      const { align } = applied(style);
      const shown = printable(text);
      const height = document.heightOfString(shown, { width });
      document.text(shown, x, y, { width, align });
      return height;
    },
    heightOf(text, width, style = {}) {
      applied(style);
      return document.heightOfString(printable(text), { width });
    },
    paragraph(text, style = {}) {
      sheet.makeRoom(sheet.heightOf(text, CONTENT_WIDTH, style));
      sheet.y += sheet.text(text, { x: MARGIN, y: sheet.y, width: CONTENT_WIDTH }, style);
    },
    rule(y, color = colors.rule) {
      document
        .moveTo(MARGIN, y)
        .lineTo(MARGIN + CONTENT_WIDTH, y)
        .lineWidth(0.6)
        .strokeColor(color)
        .stroke();
    },
    makeRoom(height) {
      if (sheet.y + height <= CONTENT_BOTTOM) return false;
      addPage();
      return true;
    },
    finish(footer) {
      const { start, count } = document.bufferedPageRange();
      for (let page = start; page < start + count; page += 1) {
        document.switchToPage(page);
        sheet.rule(FOOTER_TOP - 6);
        const style = { size: 7.5, color: colors.muted };
        sheet.text(footer, { x: MARGIN, y: FOOTER_TOP, width: CONTENT_WIDTH - 90 }, style);
        const number = { x: MARGIN + CONTENT_WIDTH - 80, y: FOOTER_TOP, width: 80 };
        sheet.text(`Page ${page - start + 1} of ${count}`, number, { ...style, align: 'right' });
      }
      document.end();
      return ended;
    },
  };
  addPage();
  return sheet;
}

function writeMark(document: Document, mark: string): void {
  document.save();
  document.rotate(-45, { origin: [PAGE_WIDTH / 2, PAGE_HEIGHT / 2] });
  document.font('bold').fontSize(130).fillColor(colors.mark);
  document.text(mark, 0, PAGE_HEIGHT / 2 - 90, { width: PAGE_WIDTH, align: 'center', lineBreak: false });
  document.restore();
}
