import type { ContentSource } from '../content-source.js';
import type { Answer } from './conditional.js';

/** The content id names exactly these bytes: a strong validator (RFC 9110 §8.8.1). */
export const etagOf = ({ manifest }: Pick<ContentSource, 'manifest'>): string => `"${manifest.contentId}"`;

/**
 * Headers of an answer about a content. Only the client may keep it: what another cache serves could not be accounted, and
 * would outlive a withdrawal.
 */
export function contentHeaders(source: ContentSource, answer: Answer): Record<string, string | number> {
  const { manifest, title } = source;
  const validators = {
    etag: etagOf(source),
    'cache-control': 'private, max-age=86400, immutable, no-transform',
    // RFC 9530: of the whole representation, also with a part of it.
    'repr-digest': `sha-256=:${Buffer.from(manifest.sha256, 'hex').toString('base64')}:`,
    'accept-ranges': 'bytes',
  };
  if (answer.status === 416) return { ...validators, 'content-range': `bytes */${manifest.sizeBytes}` };
  if (answer.range === undefined) return validators;
  const { fromByte, toByte } = answer.range;
  return {
    ...validators,
    'content-type': title.mediaType,
    'content-length': toByte - fromByte,
    'content-disposition': contentDisposition(title.fileName),
    // An owner's HTML must not run in the edge's origin.
    'x-content-type-options': 'nosniff',
    ...(answer.status === 206 && {
      'content-range': `bytes ${fromByte}-${toByte - 1}/${manifest.sizeBytes}`,
    }),
  };
}

/** RFC 6266, with the name in UTF-8 (RFC 8187) and an ASCII form for old clients. */
function contentDisposition(fileName: string): string {
  // Through UTF-8, so that a lone surrogate becomes a replacement character instead of an error.
  const plain = fileName.replace(/[^\x20-\x7e]|["\\%]/g, '_');
  const encoded = encodeURIComponent(Buffer.from(fileName).toString()).replace(
    /['()*]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  );
  return `attachment; filename="${plain}"; filename*=UTF-8''${encoded}`;
}
