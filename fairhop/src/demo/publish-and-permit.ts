import { basename } from 'node:path';
import type { AllInOne } from '../up/all-in-one.js';
import { runCommand } from './run-command.js';
import { type DemoSetting, OWNER } from './setting.js';
import { exactBytes } from './story.js';
import { permittingIsps } from './topology.js';

/** Types the commands that the owner and the ISPs would; gives the landing URL. */
export const publishAndPermit = async (
  { file, story, signal }: DemoSetting,
  all: AllInOne,
): Promise<string> => {
  const environment = {
    coordinatorUrl: all.coordinatorUrl,
    accountingUrl: all.accountingUrl,
    token: all.operatorToken,
  };
  const type = (...words: string[]): Promise<unknown> => runCommand(words, environment, signal);
  story.chapter('A title is published');
  await type('owner', 'add', OWNER);
  const published = (await type(
    'publish',
    file,
    '--owner',
    OWNER,
    '--category',
    'video',
    '--origin-directory',
    all.originDirectory,
  )) as { title: { id: string; contentId: string; sizeBytes: number }; landingUrl: string };
  const { title, landingUrl } = published;
  story.line(`$ fairhop publish ${basename(file)} --owner ${OWNER} --category video`);
  story.line(`${landingUrl}   ${exactBytes(title.sizeBytes)}, content ${title.contentId.slice(0, 16)}…`);
  story.chapter('SP1 and SP2 permit the use of their subscribers’ uplinks, SP3 does not');
  for (const { isp, network } of permittingIsps) {
    await type('isp', 'agreement', 'set', isp, 'uplinks', '--networks', network);
    story.line(`$ fairhop isp agreement set ${isp} uplinks --networks ${network}`);
  }
  return landingUrl;
};
