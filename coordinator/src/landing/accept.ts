import { METALINK_MEDIA_TYPE } from './metalink.js';

/**
 * Whether a client asks for the Metalink rather than for the file (RFC 9110 §12.5.1): it names the type, and no other type
 * that it prefers. Programs that read both, as aria2 with its accept header naming the wildcard and Metalink, get the Metalink.
 */
export function prefersMetalink(accept: string | undefined): boolean {
  const ranges = (accept ?? '')
    .toLowerCase()
    .split(',')
    .map((range) => {
      const [type = '', ...parameters] = range.split(';').map((part) => part.trim());
      const quality = parameters.find((parameter) => /^q=/.test(parameter))?.slice(2);
      return { type, quality: quality === undefined ? 1 : Number(quality) || 0 };
    });
  const metalink = ranges.find(({ type }) => type === METALINK_MEDIA_TYPE);
  if (!metalink || metalink.quality === 0) return false;
  return ranges.every(({ quality }) => quality <= metalink.quality);
}
