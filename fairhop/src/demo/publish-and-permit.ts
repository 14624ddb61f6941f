import { basename } from 'node:path';
import type { PublishedTitle } from './race.js';
import { type DemoSetting, OWNER } from './setting.js';
import { exactBytes } from './story.js';
import { permittingIsps } from './topology.js';
import type { Typing } from './typing.js';

/** Types what the owner would. */
export const publish = async (
  { story }: DemoSetting,
  { type, originDirectory }: Typing,
  file: string,
): Promise<PublishedTitle> => {
  const words = ['publish', file, '--owner', OWNER, '--category', 'video'];
  const published = (await type(...words, '--origin-directory', originDirectory)) as {
    title: { id: string; contentId: string; sizeBytes: number };
    landingUrl: string;
  };
  const { title, landingUrl: reference } = published;
  story.line(`$ fairhop publish ${basename(file)} --owner ${OWNER} --category video`);
  story.line(`${reference}   ${exactBytes(title.sizeBytes)}, content ${title.contentId.slice(0, 16)}…`);
  return { file, reference };
};

/** Types what the ISPs would. */
export const permitUplinks = async ({ story }: DemoSetting, { type }: Typing): Promise<void> => {
  story.chapter('SP1 and SP2 permit the use of their subscribers’ uplinks, SP3 does not');
  for (const { isp, network } of permittingIsps) {
    await type('isp', 'agreement', 'set', isp, 'uplinks', '--networks', network);
    story.line(`$ fairhop isp agreement set ${isp} uplinks --networks ${network}`);
  }
};
