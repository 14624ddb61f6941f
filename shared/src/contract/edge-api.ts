/**
 * The edge speaks plain HTTP: `GET /c/{contentId}[/{fileName}]?token=…` with ranges (RFC 9110), and
 * `GET /c/{contentId}/leaves/{piece}?token=…` for the 32-byte block hashes of one piece.
 */
export const contentPath = (contentId: string, fileName?: string): string =>
  `/c/${contentId}${fileName === undefined ? '' : `/${encodeURIComponent(fileName)}`}`;

/** URL of a piece's leaf layer, made from the content URL that an agent was given. */
export const leavesUrl = (contentUrl: string, piece: number): string => {
  const url = new URL(contentUrl);
  const [, , contentId] = url.pathname.split('/');
  url.pathname = `/c/${contentId}/leaves/${piece}`;
  return url.href;
};
