import {
  type ContentId,
  contentIdSchema,
  FairhopError,
  type TitleId,
  titleIdSchema,
} from '@fairhop/shared/model';

/** What a user names: a title, at the coordinator of its landing URL if it is one, or a content id. */
export type TitleReference =
  | { readonly title: TitleId; readonly coordinatorUrl?: string }
  | { readonly contentId: ContentId };

/**
 * Reads `owner/name`, `http(s)://host[:port]/t/owner/name` or a content id of 64 hex digits.
 * @throws `title-reference-invalid`
 */
export function parseTitleReference(text: string): TitleReference {
  const trimmed = text.trim();
  if (contentIdSchema.safeParse(trimmed).success) return { contentId: trimmed };
  if (titleIdSchema.safeParse(trimmed).success) return { title: trimmed };
  if (URL.canParse(trimmed)) {
    const url = new URL(trimmed);
    const [, landing, ...rest] = url.pathname.split('/');
    const title = rest.map(decodeSegment).join('/');
    if (/^https?:$/.test(url.protocol) && landing === 't' && titleIdSchema.safeParse(title).success) {
      return { title, coordinatorUrl: url.origin };
    }
  }
  throw new FairhopError(
    'title-reference-invalid',
    `"${trimmed}" names no title; owner/name, http://coordinator/t/owner/name or a content id of 64 hex digits is right`,
    { status: 400 },
  );
}

function decodeSegment(segment: string): string {
  try {
    return decodeURIComponent(segment);
  } catch {
    return segment;
  }
}
