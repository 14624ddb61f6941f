import { create } from 'xmlbuilder2';

/** Children in their order; what is undefined is left out. A value with attributes has its text in `#`. */
export interface Element {
  readonly [name: string]: string | Element | readonly Element[] | undefined;
}

/** An XML 1.0 document; characters that XML cannot hold become U+FFFD. */
export function xmlText(
  root: string,
  attributes: Readonly<Record<string, string>>,
  content: Element,
): string {
  const document = create(
    { version: '1.0', encoding: 'UTF-8', invalidCharReplacement: '\ufffd' },
    { [root]: { ...prefixed(attributes), ...present(content) } },
  );
  return `${document.end({ prettyPrint: true })}\n`;
}

const prefixed = (attributes: Readonly<Record<string, string>>): Record<string, string> =>
  Object.fromEntries(Object.entries(attributes).map(([name, value]) => [`@${name}`, value]));

type Present = { [name: string]: string | Present | Present[] };

function present(element: Element): Present {
  const children: Present = {};
  for (const [name, value] of Object.entries(element)) {
    if (value === undefined) continue;
    if (typeof value === 'string') children[name] = value;
    else if (Array.isArray(value)) children[name] = (value as readonly Element[]).map(present);
    else children[name] = present(value as Element);
  }
  return children;
}
