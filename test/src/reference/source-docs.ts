import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import ts from 'typescript';

/** What the source says of a schema: its own comment, and that of each property. */
export interface SourceDoc {
  readonly text: string;
  property(name: string): SourceDoc;
}

export const noDocs: SourceDoc = { text: '', property: () => noDocs };

/** Comments of zod schemas by the names of their constants. The comments beside the fields are the reference: they are written once. */
export function readSourceDocs(directories: readonly string[]): (constant: string) => SourceDoc {
  const initializers = new Map<string, { readonly expression: ts.Expression; readonly text: string }>();
  for (const file of directories.flatMap(typescriptFiles)) {
    const source = ts.createSourceFile(file, readFileSync(file, 'utf8'), ts.ScriptTarget.Latest, true);
    for (const statement of source.statements) {
      if (!ts.isVariableStatement(statement)) continue;
      for (const { name, initializer } of statement.declarationList.declarations)
        if (ts.isIdentifier(name) && initializer !== undefined)
          initializers.set(name.text, { expression: initializer, text: commentOf(statement) });
    }
  }
  const docOf = (text: string, expression: ts.Expression | undefined): SourceDoc => ({
    text,
    property(name) {
      for (const property of expression === undefined ? [] : propertiesOf(expression)) {
        if (nameOf(property) !== name) continue;
        const value = ts.isPropertyAssignment(property) ? property.initializer : undefined;
        return docOf(commentOf(property) || textOfConstant(value), value);
      }
      return noDocs;
    },
  });
  const textOfConstant = (value: ts.Expression | undefined): string =>
    value !== undefined && ts.isIdentifier(value) ? (initializers.get(value.text)?.text ?? '') : '';
  /** Properties of all object literals that make up the schema, through the constants that it is made from. */
  function* propertiesOf(
    expression: ts.Expression,
    seen = new Set<string>(),
  ): Generator<ts.ObjectLiteralElementLike> {
    if (ts.isIdentifier(expression)) {
      const known = initializers.get(expression.text);
      if (known === undefined || seen.has(expression.text)) return;
      yield* propertiesOf(known.expression, seen.add(expression.text));
    } else if (ts.isObjectLiteralExpression(expression)) yield* expression.properties;
    else if (ts.isArrayLiteralExpression(expression))
      for (const element of expression.elements) yield* propertiesOf(element, seen);
    else if (ts.isPropertyAccessExpression(expression)) yield* propertiesOf(expression.expression, seen);
    else if (ts.isCallExpression(expression)) {
      for (const argument of expression.arguments)
        if (!ts.isArrowFunction(argument)) yield* propertiesOf(argument, seen);
      yield* propertiesOf(expression.expression, seen);
    }
  }
  return (constant) => {
    const known = initializers.get(constant);
    if (known === undefined) throw new Error(`no schema has the name ${constant}`);
    return docOf(known.text, known.expression);
  };
}

const nameOf = (property: ts.ObjectLiteralElementLike): string | undefined =>
  property.name !== undefined && (ts.isIdentifier(property.name) || ts.isStringLiteral(property.name))
    ? property.name.text
    : undefined;

/** The documentation comment before a node, as one paragraph. */
function commentOf(node: ts.Node): string {
  const [comment] = ts.getJSDocCommentsAndTags(node).filter(ts.isJSDoc);
  return (ts.getTextOfJSDocComment(comment?.comment) ?? '').replace(/\s+/g, ' ').trim();
}

function typescriptFiles(directory: string): string[] {
  return readdirSync(directory, { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.ts') && !file.endsWith('.test.ts'))
    .sort()
    .map((file) => join(directory, file));
}
