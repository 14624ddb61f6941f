import type { Hours, Permit } from '@fairhop/shared/model';
import type { GoodbyeReason } from '@fairhop/shared/wire';
import type { PowerState } from './power.js';

interface UploadSettings {
  readonly consent: boolean;
  /** Hours in which uploading is allowed; absent: always. */
  readonly hours?: Hours;
  readonly monthlyBytes: number;
}

export interface UploadSituation {
  readonly settings: UploadSettings;
  readonly power: PowerState;
  /** Sent in this calendar month. */
  readonly sentThisMonthBytes: number;
  /** The permit that the coordinator told, if any, and why there is none. */
  readonly permit: Permit | null;
  readonly permitReason?: string;
  /** Coordinator's time. */
  readonly nowMs: number;
}

export interface UploadDecision {
  readonly ready: boolean;
  /** Why not, for the user, one sentence each; empty when ready. */
  readonly reasons: readonly string[];
  /** What running uploads are ended with. */
  readonly goodbye: GoodbyeReason;
  /** What is left of the month's volume. */
  readonly bytesLeft: number;
}

/** Whether this agent may upload right now. All conditions must hold; all that do not are told. */
export function decideUpload(situation: UploadSituation): UploadDecision {
  const { settings, power, permit, nowMs } = situation;
  const { hours } = settings;
  const bytesLeft = Math.max(0, settings.monthlyBytes - situation.sentThisMonthBytes);
  const reasons: string[] = [];
  if (!settings.consent) reasons.push('You have not agreed to upload.');
  if (permit === null) {
    reasons.push(`Your ISP gives no permit: ${situation.permitReason ?? 'none is known'}.`.slice(0, 200));
  } else {
    const { validFromMs, validUntilMs, hours: permitHours } = permit.terms;
    if (nowMs < validFromMs || nowMs >= validUntilMs)
      reasons.push(`The permit of ${permit.isp} is not valid now.`);
    else if (permitHours !== undefined && !isWithinHours(permitHours, nowMs)) {
      reasons.push(
        `The permit of ${permit.isp} holds from ${permitHours.from} to ${permitHours.to} (${permitHours.timeZone}).`,
      );
    }
  }
  const lacksPermit = reasons.length > (settings.consent ? 0 : 1);
  if (power.onBattery === true) reasons.push('The machine runs on battery.');
  if (power.metered === true) reasons.push('The network connection is metered.');
  if (hours !== undefined && !isWithinHours(hours, nowMs)) {
    reasons.push(`Your hours for uploading are ${hours.from} to ${hours.to} (${hours.timeZone}).`);
  }
  if (bytesLeft === 0) reasons.push(`This month's volume of ${settings.monthlyBytes} bytes is used up.`);
  const goodbye = !settings.consent ? 'no-consent' : lacksPermit ? 'no-permit' : 'stopping';
  return { ready: reasons.length === 0, reasons, goodbye, bytesLeft };
}

/** Whether a time lies in hours of the day: `from` included, `to` excluded; equal means the whole day. */
export function isWithinHours({ from, to, timeZone }: Hours, timeMs: number): boolean {
  if (from === to) return true;
  const format = new Intl.DateTimeFormat('en-GB', {
    timeZone,
    hour: '2-digit',
    minute: '2-digit',
    hourCycle: 'h23',
  });
  const now = format.format(timeMs);
  // HH:MM compares as text; "24:00" is after all of them.
  return from < to ? from <= now && now < to : now >= from || now < to;
}
