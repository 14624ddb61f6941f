import { HASH_BYTES } from '@fairhop/shared/crypto';
import type { Manifest, Title } from '@fairhop/shared/model';

export const METALINK_MEDIA_TYPE = 'application/metalink4+xml';

/** A Metalink (RFC 5854) of a title with the hashes of its pieces; `urls` best first. */
export function metalinkDocument(title: Title, manifest: Manifest, urls: readonly string[]): string {
  const pieces = Buffer.from(manifest.pieceSha256, 'base64');
  const lines = [
    '<?xml version="1.0" encoding="UTF-8"?>',
    '<metalink xmlns="urn:ietf:params:xml:ns:metalink">',
    '  <generator>Fairhop</generator>',
    `  <published>${new Date(title.publishedMs).toISOString()}</published>`,
    `  <file name="${escapeXml(title.fileName)}">`,
    `    <identity>${escapeXml(title.id)}</identity>`,
    `    <size>${manifest.sizeBytes}</size>`,
    `    <hash type="sha-256">${manifest.sha256}</hash>`,
    `    <pieces length="${manifest.pieceLengthBytes}" type="sha-256">`,
  ];
  for (let offset = 0; offset < pieces.length; offset += HASH_BYTES) {
    lines.push(`      <hash>${pieces.toString('hex', offset, offset + HASH_BYTES)}</hash>`);
  }
  lines.push('    </pieces>');
  for (const [index, url] of urls.entries()) {
    lines.push(`    <url priority="${index + 1}">${escapeXml(url)}</url>`);
  }
  lines.push('  </file>', '</metalink>', '');
  return lines.join('\n');
}

const entities: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&apos;',
};

/** Characters that XML 1.0 cannot hold, not even as references, become U+FFFD. */
function escapeXml(text: string): string {
  return text
    .replace(/[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/gu, '\ufffd')
    .replace(/[&<>"']/g, (character) => entities[character]!)
    .replace(/[\t\n\r]/g, (character) => `&#${character.charCodeAt(0)};`);
}
