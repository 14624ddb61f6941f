import type { FastifyDynamicSwaggerOptions } from '@fastify/swagger';
import { jsonSchemaTransform } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { problemMediaType, problemSchema } from '../model/errors.js';

/** The OpenAPI document of a service: what its routes declare, and the one shape that all their errors have. */
export function documentOptions(name: string): FastifyDynamicSwaggerOptions {
  const { $schema, ...problem } = z.toJSONSchema(problemSchema);
  return {
    openapi: {
      openapi: '3.1.0',
      info: { title: `Fairhop ${name}`, version: '1' },
      components: {
        responses: {
          Problem: {
            description: 'Why the request is refused (RFC 9457); `code` stays the same over versions',
            content: { [problemMediaType]: { schema: problem as object } },
          },
        },
      },
    },
    transform: jsonSchemaTransform,
    transformObject: (document) => {
      if (!('openapiObject' in document)) return document.swaggerObject;
      const { openapiObject } = document;
      for (const operations of Object.values(openapiObject.paths ?? {})) {
        for (const operation of Object.values(operations ?? {})) {
          if (typeof operation === 'object' && 'responses' in operation)
            operation.responses = {
              ...operation.responses,
              default: { $ref: '#/components/responses/Problem' },
            };
        }
      }
      return openapiObject;
    },
  };
}
