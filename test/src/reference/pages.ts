import { join } from 'node:path';
import { accountingConfigSchema } from '@fairhop/accounting';
import { agentConfigSchema } from '@fairhop/client-agent';
import { coordinatorConfigSchema } from '@fairhop/coordinator';
import { edgeConfigSchema } from '@fairhop/edge';
import {
  accountingEndpoints,
  coordinatorEndpoints,
  coordinatorTrustEndpoints,
  type Endpoint,
  edgeEndpoints,
  querySchema,
} from '@fairhop/shared/contract';
import {
  contractTermsSchema,
  partyDetailsSchema,
  topologySchema,
  uplinkTermsSchema,
} from '@fairhop/shared/model';
import type { z } from 'zod';
import { describeSchema } from './describe-schema.js';
import { noDocs, readSourceDocs, type SourceDoc } from './source-docs.js';

const notice = '<!-- Made from the schemas by `npm run reference`: change those instead. -->';

type DocsOf = (constant: string) => SourceDoc;

/** Files of docs/reference by their names. */
export function referencePages(root: string): ReadonlyMap<string, string> {
  const docs = readSourceDocs(
    ['shared', 'coordinator', 'edge', 'client-agent', 'accounting'].map((part) => join(root, part, 'src')),
  );
  return new Map([
    ['http-api.md', httpApi()],
    ['configuration.md', configuration(docs)],
    ['documents.md', documents(docs)],
  ]);
}

function httpApi(): string {
  const services = [
    ['Coordinator', { ...coordinatorEndpoints, ...coordinatorTrustEndpoints }],
    ['Accounting', accountingEndpoints],
    ['Edge', edgeEndpoints],
  ] as const;
  return page(
    'HTTP interfaces',
    'Every service also serves its OpenAPI document and a page to try it out at `/docs`. An error is `{ code, message }` with its status.',
    services.flatMap(([name, endpoints]) => [
      `## ${name}`,
      table(
        ['operation', 'what it does', 'parameters'],
        Object.values(endpoints as Record<string, Endpoint>).map((endpoint) => [
          `\`${endpoint.method} ${endpoint.path.replace(/:(\w+)/g, '{$1}')}\``,
          endpoint.summary,
          parametersOf(endpoint),
        ]),
      ),
    ]),
  );
}

const namesOf = (schema: z.ZodType | undefined): string[] =>
  schema === undefined
    ? []
    : describeSchema(schema, noDocs)
        .map(({ name }) => name)
        .filter((name) => !name.includes('.'));

function parametersOf({ query, body }: Endpoint): string {
  const parts = [
    ['query', namesOf(query)],
    ['body', namesOf(body)],
  ] as const;
  return parts
    .filter(([, names]) => names.length > 0)
    .map(([part, names]) => `${part}: ${names.map((name) => `\`${name}\``).join(', ')}`)
    .join('; ');
}

function configuration(docs: DocsOf): string {
  const services = [
    ['Coordinator', 'FAIRHOP_COORDINATOR_', coordinatorConfigSchema, 'coordinatorConfigSchema'],
    ['Edge', 'FAIRHOP_EDGE_', edgeConfigSchema, 'edgeConfigSchema'],
    ['Accounting', 'FAIRHOP_ACCOUNTING_', accountingConfigSchema, 'accountingConfigSchema'],
    ['Agent', 'FAIRHOP_AGENT_', agentConfigSchema, 'agentConfigSchema'],
  ] as const;
  return page(
    'Configuration',
    'Settings come from `--config FILE` (JSON), from the environment and from options, later ones first; `--print-config` shows each with where it comes from.',
    services.flatMap(([name, prefix, schema, constant]) => [
      `## ${name}`,
      `In the environment: \`${prefix}\` and the setting in capitals, such as \`${prefix}LOG_LEVEL\`.`,
      schemaTable(schema, docs(constant)),
    ]),
  );
}

function documents(docs: DocsOf): string {
  const shown = [
    ['Query', querySchema, 'querySchema'],
    ['Terms of a contract', contractTermsSchema, 'contractTermsSchema'],
    ['Party on an invoice', partyDetailsSchema, 'partyDetailsSchema'],
    ['Declared topology', topologySchema, 'topologySchema'],
    ['Terms of uplinks', uplinkTermsSchema, 'uplinkTermsSchema'],
  ] as const;
  return page(
    'Documents',
    'What the interfaces take as JSON, field by field.',
    shown.flatMap(([name, schema, constant]) => {
      const doc = docs(constant);
      return [`## ${name}`, ...(doc.text === '' ? [] : [doc.text]), schemaTable(schema, doc)];
    }),
  );
}

const schemaTable = (schema: z.ZodType, doc: SourceDoc): string =>
  table(
    ['field', 'type', 'default', 'meaning'],
    describeSchema(schema, doc).map((row) => [`\`${row.name}\``, row.type, row.default, row.meaning]),
  );

const page = (title: string, introduction: string, sections: readonly string[]): string =>
  `${[notice, `# ${title}`, introduction, ...sections].join('\n\n')}\n`;

const table = (heads: readonly string[], rows: readonly (readonly string[])[]): string =>
  [heads, heads.map(() => '---'), ...rows]
    .map((cells) => `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`)
    .join('\n');
